// `resumable-stream` in one of two processes, for `fork`: one keeps the streams, the other resumes them over Redis.
import { createClient } from 'redis'
import { createResumableStreamContext } from 'resumable-stream'

import { type Across, serveAcross } from '../../../benches/src/across/serve-across.ts'
import { TokenSource } from './token-source.ts'

const [url = ''] = process.argv.slice(2)

serveAcross(async (): Promise<Across> => {
  const [publisher, subscriber] = [createClient({ url }), createClient({ url })]
  await Promise.all([publisher.connect(), subscriber.connect()])
  const streams = createResumableStreamContext({ waitUntil: null, publisher, subscriber })
  const sources: TokenSource[] = []
  return {
    async open(count) {
      const names = Array.from({ length: count }, (_, index) => `stream-${index}`)
      for (const name of names) {
        const source = new TokenSource()
        sources.push(source)
        const produced = await streams.createNewResumableStream(name, () => texts(source))
        await produced?.cancel()
      }
      return names
    },
    append: (stream, token) => void sources[stream]?.push(token),
    async follow(name, read) {
      const stream = await streams.resumeExistingStream(name)
      if (!stream) throw new Error(`There is no stream ${name}.`)
      void (async () => {
        for await (const text of stream) read(text)
      })()
    },
  }
})

/** The stream of an answer as the AI SDK sends it. */
function texts(source: TokenSource): ReadableStream<string> {
  const tokens = source[Symbol.asyncIterator]()
  return new ReadableStream({
    async pull(controller) {
      const { value: delta } = await tokens.next()
      controller.enqueue(`data: ${JSON.stringify({ type: 'text-delta', id: '0', delta })}\n\n`)
    },
  })
}
