// TanStack AI's stream with its log in memory, for `fork`.
import {
  EventType,
  memoryStream,
  resumeServerSentEventsResponse,
  type StreamChunk,
  toServerSentEventsResponse,
} from '@tanstack/ai'

import {
  serveSide,
  type SideServer,
} from '../../../benches/src/subscribers/processes/side-process.ts'
import { writeAll } from '../../../benches/src/subscribers/processes/write-tokens.ts'
import { listen } from './respond.ts'
import { TokenSource } from './token-source.ts'

serveSide(async (): Promise<SideServer> => {
  const sources = new Map<string, TokenSource>()
  const server = await listen(async (request) =>
    resumeServerSentEventsResponse({ adapter: memoryStream(request) }),
  )
  return {
    async open() {
      const runId = `run-${sources.size}`
      const source = new TokenSource()
      sources.set(runId, source)
      // The request that started the run reads it, or it would not go on.
      const first = new Request(`http://127.0.0.1/?runId=${runId}`)
      const durability = { adapter: memoryStream(first), batch: 1 }
      const { body } = toServerSentEventsResponse(chunks(source), { durability })
      void body?.pipeTo(new WritableStream())
      return {
        session: runId,
        subscription: {
          port: server.port,
          path: `/?runId=${runId}&offset=-1`,
          transport: 'http',
          text: { before: '"delta":"', after: '"' },
          ready: ': ready',
        },
      }
    },
    write: (id, order) => writeAll(order, async (text) => sources.get(id)?.push(text)),
    close: () => server.close(),
  }
})

async function* chunks(source: TokenSource): AsyncGenerator<StreamChunk> {
  for await (const delta of source) {
    yield {
      type: EventType.TEXT_MESSAGE_CONTENT,
      messageId: 'answer',
      delta,
      timestamp: Date.now(),
    }
  }
}
