import { CaughtupError, type Page, preview } from '@caughtup/schema'

import type { MessageCaps, PagePlace, Window } from '../../port/reading.ts'
import type { Storage } from '../../port/storage.ts'
import { lastOrderOf } from './stretch.ts'

/** What a client gets that asks for a page of history. */
function pageOf({ messages, head, hasOlder, hasNewer }: Window, place: PagePlace): Page {
  const [first] = messages
  const upTo = lastOrderOf(place)
  // A page that is empty, as damaged rows are left out, must not lead to itself again.
  const leadsOlder = hasOlder && (first !== undefined || 'after' in place)
  const leadsNewer = hasNewer && (first !== undefined || 'before' in place)
  const before = first?.order ?? Math.min(upTo + 1, Number.MAX_SAFE_INTEGER)
  const after = messages.at(-1)?.order ?? Math.max(upTo, 0)
  return {
    messages,
    nextCursor: leadsOlder ? { before } : null,
    hasOlder: leadsOlder,
    newerCursor: leadsNewer ? { after } : null,
    hasNewer: leadsNewer,
    epoch: first?.epoch ?? head.epoch,
    asOf: head.seq,
  }
}

export async function readPage(
  storage: Pick<Storage, 'messages'>,
  sessionId: string,
  place: PagePlace,
  { messages, bytes }: MessageCaps,
): Promise<Page> {
  return pageOf(await storage.messages(sessionId, { ...place, messages, bytes }), place)
}

/** The page around a message. @throws CaughtupError `NOT_FOUND` */
export async function readAround(
  storage: Pick<Storage, 'message' | 'messages'>,
  sessionId: string,
  messageId: string,
  caps: MessageCaps,
): Promise<Page> {
  const message = await storage.message(sessionId, messageId)
  if (!message) throw notFound(messageId)
  const page = await readPage(storage, sessionId, { around: message.order }, caps)
  // It may have been removed between the two reads.
  if (!page.messages.some(({ id }) => id === messageId)) throw notFound(messageId)
  return page
}

function notFound(messageId: string): CaughtupError {
  const value = preview(messageId)
  return new CaughtupError('NOT_FOUND', `The session has no message ${value}.`, {
    field: 'messageId',
    value,
  })
}
