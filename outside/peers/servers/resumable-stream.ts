// `resumable-stream` on Redis, for `fork`: the process that writes a stream keeps it in memory, and hands it to
// each follower by a channel of Redis.
import { createClient } from 'redis'
import { createResumableStreamContext } from 'resumable-stream'

import {
  serveSide,
  type SideServer,
} from '../../../benches/src/subscribers/processes/side-process.ts'
import { writeAll } from '../../../benches/src/subscribers/processes/write-tokens.ts'
import { startRedis } from '../../../benches/src/subscribers/processes/redis-server.ts'
import { listen } from './respond.ts'
import { TokenSource } from './token-source.ts'

serveSide(async (): Promise<SideServer> => {
  const url = await startRedis()
  const [publisher, subscriber] = [createClient({ url }), createClient({ url })]
  await Promise.all([publisher.connect(), subscriber.connect()])
  const streams = createResumableStreamContext({ waitUntil: null, publisher, subscriber })
  const sources = new Map<string, TokenSource>()
  const encoder = new TextEncoder()
  const server = await listen(async ({ url: asked }) => {
    const stream = await streams.resumeExistingStream(new URL(asked).pathname)
    if (!stream) return new Response('There is no such stream.', { status: 404 })
    const bytes = new TransformStream<string, Uint8Array>({
      transform: (text, controller) => controller.enqueue(encoder.encode(text)),
    })
    const headers = { 'content-type': 'text/event-stream' }
    return new Response(stream.pipeThrough(bytes), { headers })
  })
  return {
    async open() {
      const path = `/chat-${sources.size}`
      const source = new TokenSource()
      sources.set(path, source)
      const produced = await streams.createNewResumableStream(path, () => events(source))
      await produced?.cancel()
      return {
        session: path,
        subscription: {
          port: server.port,
          path,
          transport: 'http',
          text: { before: '"delta":"', after: '"' },
          ready: ': ready',
        },
      }
    },
    write: (path, order) => writeAll(order, async (text) => sources.get(path)?.push(text)),
    async cpuElsewhere() {
      const info = await publisher.info('cpu')
      const seconds = [...info.matchAll(/^used_cpu_(?:sys|user):([\d.]+)/gm)]
      return seconds.reduce((sum, [, value]) => sum + Number(value) * 1000, 0)
    },
    close: () => server.close(),
  }
})

/** The stream of an answer as the AI SDK sends it. */
function events(source: TokenSource): ReadableStream<string> {
  const tokens = source[Symbol.asyncIterator]()
  return new ReadableStream({
    async pull(controller) {
      const { value: delta } = await tokens.next()
      const chunk = JSON.stringify({ type: 'text-delta', id: '0', delta })
      controller.enqueue(`data: ${chunk}\n\n`)
    },
  })
}
