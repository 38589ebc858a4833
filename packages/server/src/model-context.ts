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
  while (more && oldest) {
    const query = { before: oldest.order, limit: store.limits.pageMost }
    const page = await store.page(sessionId, query, { signal })
    if (page.epoch !== head.epoch || page.messages.length === 0) break
    stretches.unshift(page.messages)
    oldest = page.messages.at(0)
    more = page.hasOlder
  }
  return stretches
    .flat()
    .map(withoutNotices)
    .filter(({ status, parts }) => status === 'done' && parts.length > 0)
}

function withoutNotices(message: Message): Message {
  return { ...message, parts: message.parts.filter(({ type }) => type !== noticeType) }
}
