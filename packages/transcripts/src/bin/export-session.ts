import type { Message, Page } from '@caughtup/schema'
import type { Store } from '@caughtup/store'

import { writeMessage, type WrittenFormat } from '../formats/write-message.ts'
import type { Report } from './report.ts'

/** The messages of a session in a format, oldest first; reports parts that it cannot hold. */
export async function* exportSession(
  store: Store,
  sessionId: string,
  format: WrittenFormat,
  report: Report,
): AsyncGenerator<Record<string, unknown>, void, undefined> {
  for await (const message of messagesOf(store, sessionId)) {
    if (message.status === 'open') {
      report.leftOut(sessionId, `message ${message.id} is still being written and was left out`)
      continue
    }
    const { messages, leftOut } = writeMessage(message, format)
    for (const type of leftOut) {
      report.collectOmission(sessionId, `this format cannot hold parts of type ${type}`)
    }
    yield* messages
  }
}

/**
 * All messages, oldest first, holding one page at a time. Pages go backwards, so a first pass finds
 * where each begins. Messages that arrive meanwhile are not included.
 */
async function* messagesOf(store: Store, sessionId: string): AsyncGenerator<Message> {
  const limit = store.limits.pageMost
  const stretches: { from: number; before: number }[] = []
  for (let before: number | undefined = Number.MAX_SAFE_INTEGER; before !== undefined;) {
    const { messages, nextCursor } = await store.page(sessionId, { before, limit })
    const [first, last] = [messages[0], messages.at(-1)]
    if (first && last) stretches.push({ from: first.order, before: last.order + 1 })
    before = nextCursor?.before
  }
  for (const { from, before } of stretches.reverse()) {
    const stretch: Message[] = []
    // If a message was deleted since, a page reaches further back; if one grew, less far.
    for (let end: number | undefined = before; end !== undefined && end > from;) {
      const page: Page = await store.page(sessionId, { before: end, limit })
      stretch.unshift(...page.messages.filter(({ order }) => order >= from))
      end = page.nextCursor?.before
    }
    yield* stretch
  }
}
