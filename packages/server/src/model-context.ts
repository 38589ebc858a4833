import type { Message } from '@caughtup/schema'
import { noticeType } from '@caughtup/schema/notice'
import type { Store } from '@caughtup/store'

/** What a model is to see of a session: the newest epoch, whole, its summary first. */
export async function modelContext(
  store: Store,
  sessionId: string,
  signal: AbortSignal,
): Promise<Message[]> {
  const { messages, head, hasOlder } = await store.window(sessionId, { signal })
  const stretches = [messages]
  let oldest = messages.at(0)
  let more = hasOlder
  // What comes before the window is nearly always the epoch before: one message tells.
  let limit = 1
  while (more && oldest) {
    const page = await store.page(sessionId, { before: oldest.order, limit }, { signal })
    if (page.epoch !== head.epoch || page.messages.length === 0) break
    stretches.unshift(page.messages)
    oldest = page.messages.at(0)
    more = page.hasOlder
    limit = store.limits.pageMost
  }
  return stretches
    .flat()
    .map(withoutNotices)
    .filter(({ status, parts }) => status === 'done' && parts.length > 0)
}

function withoutNotices(message: Message): Message {
  return { ...message, parts: message.parts.filter(({ type }) => type !== noticeType) }
}
