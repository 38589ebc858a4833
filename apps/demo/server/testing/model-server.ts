import { createServer, type IncomingMessage } from 'node:http'

import { onTestFinished } from 'vitest'
import * as z from 'zod'

const chatRequestBody = z.looseObject({
  model: z.string(),
  stream: z.boolean().optional(),
  messages: z.array(z.looseObject({ role: z.string() })),
  tools: z.array(z.object({ function: z.looseObject({ name: z.string() }) })).optional(),
})
export type ChatRequestBody = z.infer<typeof chatRequestBody>

/** A completion: its deltas in the protocol's form, and the reason of its end. */
export interface Completion {
  deltas: object[]
  finishReason: 'stop' | 'tool_calls'
}

export interface ModelServer {
  baseUrl: string
  /** Every request so far, with its `Authorization` header. */
  requests: { body: ChatRequestBody; authorization: string | undefined }[]
}

/** A server for OpenAI's chat completions. It calls `answer` for each request, with its number. */
export async function serveModel(
  answer: (body: ChatRequestBody, number: number) => Completion,
): Promise<ModelServer> {
  const requests: ModelServer['requests'] = []
  const server = createServer((request, response) => {
    void readBody(request).then((body) => {
      requests.push({ body, authorization: request.headers.authorization })
      const completion = answer(body, requests.length)
      if (body.stream) {
        response.writeHead(200, { 'content-type': 'text/event-stream' })
        for (const chunk of chunksOf(completion))
          response.write(`data: ${JSON.stringify(chunk)}\n\n`)
        response.end('data: [DONE]\n\n')
      } else {
        response.writeHead(200, { 'content-type': 'application/json' })
        response.end(JSON.stringify(wholeOf(completion)))
      }
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  const address = server.address()
  const port = typeof address === 'object' ? address?.port : undefined
  return { baseUrl: `http://127.0.0.1:${port}/v1`, requests }
}

/** Deltas of a text, one per word. */
export function textDeltas(text: string): object[] {
  return (text.match(/\s*\S+/g) ?? []).map((content) => ({ content }))
}

const usage = {
  prompt_tokens: 120,
  completion_tokens: 30,
  total_tokens: 150,
  completion_tokens_details: { reasoning_tokens: 12 },
}
const envelope = { id: 'c1', created: 1, model: 'tested' }

function* chunksOf({ deltas, finishReason }: Completion) {
  for (const delta of deltas) {
    yield { ...envelope, choices: [{ index: 0, delta, finish_reason: null }] }
  }
  yield { ...envelope, choices: [{ index: 0, delta: {}, finish_reason: finishReason }] }
  yield { ...envelope, choices: [], usage }
}

function wholeOf({ deltas, finishReason }: Completion) {
  const content = deltas.map((delta) => ('content' in delta ? String(delta.content) : '')).join('')
  const message = { role: 'assistant', content }
  return { ...envelope, choices: [{ index: 0, message, finish_reason: finishReason }], usage }
}

async function readBody(request: IncomingMessage): Promise<ChatRequestBody> {
  let text = ''
  for await (const chunk of request.setEncoding('utf8')) text += chunk
  return chatRequestBody.parse(JSON.parse(text))
}
