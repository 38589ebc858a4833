// assistant-stream with its resumable streams in memory, for `fork`. A client that comes back gets a stream
// from its beginning; there is no place to resume from.
import { AssistantStream, createAssistantStream, DataStreamEncoder } from 'assistant-stream'
import {
  createInMemoryResumableStreamStore,
  createResumableStreamContext,
  createResumeAssistantStreamResponse,
} from 'assistant-stream/resumable'

import {
  serveSide,
  type SideServer,
} from '../../../benches/src/subscribers/processes/side-process.ts'
import { writeAll } from '../../../benches/src/subscribers/processes/write-tokens.ts'
import { listen } from './respond.ts'
import { TokenSource } from './token-source.ts'

serveSide(async (): Promise<SideServer> => {
  const context = createResumableStreamContext({ store: createInMemoryResumableStreamStore() })
  const sources = new Map<string, TokenSource>()
  const server = await listen(({ url }) =>
    createResumeAssistantStreamResponse({ context, streamId: new URL(url).pathname.slice(1) }),
  )
  return {
    async open() {
      const streamId = `chat-${sources.size}`
      const source = new TokenSource()
      sources.set(streamId, source)
      const produced = await context.run(streamId, () =>
        AssistantStream.toByteStream(
          createAssistantStream(async (controller) => {
            for await (const text of source) controller.appendText(text)
          }),
          new DataStreamEncoder(),
        ),
      )
      await produced.cancel()
      return {
        session: streamId,
        subscription: {
          port: server.port,
          path: `/${streamId}`,
          transport: 'http',
          text: { before: '0:"', after: '"' },
          ready: ': ready',
        },
      }
    },
    write: (id, order) => writeAll(order, async (text) => sources.get(id)?.push(text)),
    close: () => server.close(),
  }
})
