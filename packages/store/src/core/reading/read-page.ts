import type { Page } from '@caughtup/schema'

import type { MessageCaps, Window } from '../../port/reading.ts'
import type { Storage } from '../../port/storage.ts'

/** What a client gets that asks for older messages. */
function pageOf({ messages, head, hasOlder }: Window): Page {
  const [first] = messages
  return {
    messages,
    nextCursor: hasOlder && first ? { before: first.order } : null,
    hasOlder: hasOlder && first !== undefined,
    epoch: first?.epoch ?? head.epoch,
    asOf: head.seq,
  }
}

export async function readPage(
  storage: Pick<Storage, 'messagesBefore'>,
  sessionId: string,
  before: number,
  caps: MessageCaps,
): Promise<Page> {
  return pageOf(await storage.messagesBefore(sessionId, { before, ...caps }))
}
