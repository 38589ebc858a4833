import { CaughtupError, excerpt, type Message } from '@caughtup/schema'

import { messageNotFound, runActive } from './refused-change.ts'
import type { Storage } from '../storage.ts'

/** Messages that one step looks at. */
const step = 200

/** What a fork ends with. */
export interface ForkCut {
  message: Message
  /** Whether it is another message than the one asked for. */
  moved: boolean
}

type Reads = Pick<Storage, 'message' | 'page' | 'head'>

/**
 * Where a fork from a message ends: there, or at the end of the tool group that it is in. A group
 * is an answer that called tools and the messages of its run that follow it: half of one is no
 * context that a model accepts.
 *
 * @throws CaughtupError `NOT_FOUND`, `CONFLICT` (`message-open`; `run-active` for a group that goes on)
 */
export async function findForkCut(
  storage: Reads,
  sessionId: string,
  messageId: string,
): Promise<ForkCut> {
  const asked = await storage.message(sessionId, messageId)
  if (!asked) throw messageNotFound(messageId)
  if (asked.status === 'open') throw messageOpen(messageId)
  const { runId } = asked.metadata
  if (runId === undefined || !(await isInGroup(storage, sessionId, asked))) {
    return { message: asked, moved: false }
  }
  const { head } = await storage.head(sessionId)
  if (head.run?.id === runId) throw runActive(sessionId)
  let last = asked
  for await (const message of messagesAfter(storage, sessionId, asked)) {
    if (message.metadata.runId !== runId) break
    if (message.status === 'open') throw messageOpen(message.id)
    last = message
  }
  return { message: last, moved: last !== asked }
}

/** Whether the message, or one before it in its run, called tools whose results come after it. */
async function isInGroup(storage: Reads, sessionId: string, message: Message): Promise<boolean> {
  const { runId } = message.metadata
  let before: number | undefined = message.order + 1
  while (before !== undefined) {
    const { messages, nextCursor } = await storage.page(sessionId, before, step)
    for (const earlier of messages.toReversed()) {
      if (earlier.metadata.runId !== runId) return false
      if (earlier.metadata.finishReason === 'tool-calls') return true
    }
    before = nextCursor?.before
  }
  return false
}

/** What follows a message, oldest first, to the end of its epoch. */
async function* messagesAfter(
  storage: Reads,
  sessionId: string,
  { order, epoch }: Message,
): AsyncGenerator<Message, void> {
  const newest = await storage.page(sessionId, Number.MAX_SAFE_INTEGER, 1)
  const last = newest.messages[0]?.order ?? order
  for (let from = order; from < last; from += step) {
    // Orders have holes, so a page reaches back beyond `from`; and it may begin in a later epoch.
    let page = await storage.page(sessionId, from + step + 1, step)
    while (page.epoch > epoch && page.nextCursor) {
      page = await storage.page(sessionId, page.nextCursor.before, step)
    }
    yield* page.messages.filter((message) => message.order > from && message.epoch === epoch)
  }
}

function messageOpen(messageId: string): CaughtupError {
  return new CaughtupError(
    'CONFLICT',
    `Message ${messageId} is not finished: fork from the one before it, or interrupt the run.`,
    { field: 'messageId', value: excerpt(messageId), reason: 'message-open' },
  )
}
