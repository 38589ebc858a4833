import { once } from 'node:events'
import { createServer } from 'node:http'

import { onTestFinished } from 'vitest'

/**
 * Serves chat completions on a free port until the end of the test: of each the delta and the reason of its
 * end, one per request.
 */
export async function serveCompletions(
  answers: [delta: object, reason: string][],
): Promise<string> {
  const server = createServer((_, response) => {
    const [delta, finish_reason] = answers.shift() ?? [{}, 'error']
    const choice = { index: 0, delta, finish_reason }
    response.end(`data: ${JSON.stringify({ choices: [choice] })}\n\ndata: [DONE]\n\n`)
  })
  onTestFinished(() => void server.close())
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  return `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}/`
}
