import { CaughtupError, type Message, type Page, preview } from '@caughtup/schema'

import { readPage } from '../core/reading/read-page.ts'
import { messageNotFound, runActive } from '../errors/session-errors.ts'
import type { Storage } from '../port/storage.ts'

/** The most that one step reads, so that other work runs between two. */
const caps = { messages: 200, bytes: 1024 * 1024 }

/** The end of a fork. */
export interface ForkCut {
  message: Message
  /** Whether it is another message than the requested one. */
  moved: boolean
}

type Reads = Pick<Storage, 'state' | 'message' | 'messages'>

/**
 * Where a fork ends: at the requested message, or at the end of its tool group. A group is an
 * answer that called tools, and the messages of its run after it; models do not accept half of one
 * as context.
 *
 * @throws CaughtupError `NOT_FOUND`, `CONFLICT` (`message-open`; `run-active` for a group whose run
 *   is active)
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
  const { head } = await storage.state(sessionId)
  if (head.run?.id === runId) throw runActive(sessionId)
  let last = asked
  for await (const message of messagesAfter(storage, sessionId, asked)) {
    if (message.metadata.runId !== runId) break
    if (message.status === 'open') throw messageOpen(message.id)
    last = message
  }
  return { message: last, moved: last !== asked }
}

/** Whether the message, or an earlier one of its run, called tools whose results come after it. */
async function isInGroup(storage: Reads, sessionId: string, message: Message): Promise<boolean> {
  const { runId } = message.metadata
  let before: number | undefined = message.order + 1
  while (before !== undefined) {
    const { messages, nextCursor } = await readPage(storage, sessionId, { before }, caps)
    for (const earlier of messages.toReversed()) {
      if (earlier.metadata.runId !== runId) return false
      if (earlier.metadata.finishReason === 'tool-calls') return true
    }
    before = nextCursor?.before
  }
  return false
}

/** The messages after a message, oldest first, to the end of its epoch. */
async function* messagesAfter(
  storage: Reads,
  sessionId: string,
  { order, epoch }: Message,
): AsyncGenerator<Message, void> {
  for (let after: number | undefined = order; after !== undefined;) {
    const page: Page = await readPage(storage, sessionId, { after }, caps)
    if (page.epoch !== epoch) return
    yield* page.messages
    after = page.newerCursor?.after
  }
}

function messageOpen(messageId: string): CaughtupError {
  return new CaughtupError(
    'CONFLICT',
    `Message ${messageId} is not finished: fork from the one before it, or interrupt the run.`,
    { field: 'messageId', value: preview(messageId), reason: 'message-open' },
  )
}
