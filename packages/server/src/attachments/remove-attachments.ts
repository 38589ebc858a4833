import type { Session } from '@caughtup/schema'

import type { Principal } from '../host/principal.ts'
import type { Settings } from '../host/server-options.ts'
import { type AttachmentPlace, attachmentPlace } from './attachment-url.ts'
import { stored } from './storage-calls.ts'

type Deps = Pick<Settings, 'store' | 'attachments' | 'path' | 'onError'>

/**
 * Removes a session with its attachments. They go first: a failure leaves the session, so the call can be
 * repeated. And they go again: an upload may have ended in between.
 *
 * @throws CaughtupError `UNAVAILABLE` (`attachments`) if the storage fails, before the session is removed
 */
export async function removeWithAttachments(
  settings: Deps,
  sessionId: string,
  removeSession: () => Promise<void>,
): Promise<void> {
  const { attachments, onError } = settings
  if (!attachments) return removeSession()
  const removeAll = () => attachments.storage.removeSession(sessionId)
  await stored(removeAll, settings)
  await removeSession()
  await removeAll().catch((error: unknown) =>
    onError(error, 'removing the attachments of a session'),
  )
}

/**
 * The attachments of messages that the caller erases, as far as they are shown and the session's own. A
 * member who is not the owner erases only its own files, whatever its messages name.
 */
export async function attachmentsToErase(
  { store, attachments, path }: Deps,
  session: Session,
  messageIds: readonly string[],
  { id: principal }: Principal,
): Promise<AttachmentPlace[]> {
  if (!attachments) return []
  const { storage } = attachments
  const signal = new AbortController().signal
  const found: AttachmentPlace[] = []
  for (const messageId of messageIds) {
    const message = await store.message(session.id, messageId)
    for (const part of message?.parts ?? []) {
      const place = part.type === 'file' ? attachmentPlace(path, part.url) : undefined
      if (place?.sessionId !== session.id) continue
      const isOwn =
        session.owner === principal ||
        (await storage.get(session.id, place.id, { signal }))?.author === principal
      if (isOwn) found.push(place)
    }
  }
  return found
}

/** After the erasure: its messages no longer name the files, so what fails here is told to the host alone. */
export async function eraseAttachments(
  { attachments, onError }: Deps,
  places: readonly AttachmentPlace[],
): Promise<void> {
  for (const { sessionId, id } of places) {
    await attachments?.storage
      .remove(sessionId, id)
      .catch((error: unknown) => onError(error, `erasing the attachment ${sessionId}/${id}`))
  }
}
