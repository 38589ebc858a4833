import { CaughtupError, preview } from '@caughtup/schema'
import { v7 as uuid } from 'uuid'

import type { Access } from '../access/access.ts'
import type { CallLimit } from '../access/call-limit.ts'
import type { NewAttachment, ResolvedAttachments } from '../host/attachments.ts'
import type { Principal } from '../host/principal.ts'
import type { Settings } from '../host/server-options.ts'
import { attachmentUrl } from './attachment-url.ts'
import { safeFilename } from './filename.ts'
import { saidType, typeOfFile } from './media-type.ts'
import { stored } from './storage-calls.ts'
import { fileTooLarge, unreadable, UploadBody } from './upload-body.ts'

/** What a request says about its file. */
export interface Upload {
  sessionId: string
  contentType: string | undefined
  filename: string | null
  /** In bytes, if the request announces it. */
  length: number | undefined
  body: AsyncIterable<Uint8Array> | undefined
  signal: AbortSignal
}

/** The answer to an upload, with the fields of a `file` part. */
export interface Uploaded {
  url: string
  mediaType: string
  filename?: string
  size: number
}

/** Takes the files of members: checks them while they arrive, and stores them whole or not at all. */
export class AttachmentUploads {
  readonly #settings: Settings
  readonly #attachments: ResolvedAttachments
  readonly #access: Access
  readonly #rate: CallLimit

  constructor(
    settings: Settings,
    attachments: ResolvedAttachments,
    { access, rate }: { access: Access; rate: CallLimit },
  ) {
    this.#settings = settings
    this.#attachments = attachments
    this.#access = access
    this.#rate = rate
  }

  /**
   * @throws CaughtupError `NOT_FOUND`, `LIMIT_EXCEEDED`, `TOO_LARGE`, `BAD_INPUT` (`media-type`),
   *   `UNAVAILABLE` (`attachments`)
   */
  async take(principal: Principal, upload: Upload): Promise<Uploaded> {
    const { sessionId, length } = upload
    const { maxBytes } = this.#attachments
    const body = new UploadBody(upload.body, { limit: maxBytes, length })
    try {
      await this.#access.authorizeSession(principal, 'attachments.upload', sessionId)
      await this.#rate.take(principal.id)
      if (length !== undefined && length > maxBytes) throw fileTooLarge(maxBytes, length)
      const mediaType = this.#typeOf(await body.head(), saidType(upload.contentType))
      const filename = safeFilename(upload.filename)
      const attachment = {
        sessionId,
        id: uuid({ msecs: this.#settings.store.clock.now() }),
        mediaType,
        ...(filename !== undefined && { filename }),
        author: principal.id,
      }
      await this.#store(attachment, body, upload.signal)
      await this.#assertStill(principal, attachment)
      const url = attachmentUrl(this.#settings.path, attachment)
      const { size } = body
      return { url, mediaType, ...(filename !== undefined && { filename }), size }
    } catch (error) {
      void body.discard()
      throw error
    }
  }

  #typeOf(head: Uint8Array, said: string): string {
    const type = typeOfFile(head, said)
    if (type !== undefined && this.#attachments.mediaTypes.includes(type)) return type
    const allowed = this.#attachments.mediaTypes.join(', ')
    const what =
      type === undefined
        ? `is not what its type ${preview(said)} says`
        : `is ${preview(type || 'untyped')}`
    throw new CaughtupError('BAD_INPUT', `The file ${what}. Allowed are ${allowed}.`, {
      field: 'content-type',
      value: preview(type ?? said),
      reason: 'media-type',
    })
  }

  async #store(attachment: NewAttachment, body: UploadBody, signal: AbortSignal): Promise<void> {
    await stored(() => this.#attachments.storage.put(attachment, body.bytes(), { signal }), {
      onError: this.#settings.onError,
      expected: (error) => body.refused ?? (signal.aborted ? unreadable(error) : undefined),
    })
  }

  /** A session may have been deleted, or a member removed, while the bytes came. */
  async #assertStill(principal: Principal, { sessionId, id }: NewAttachment): Promise<void> {
    try {
      await this.#access.authorizeSession(principal, 'attachments.upload', sessionId)
    } catch (error) {
      await stored(() => this.#attachments.storage.remove(sessionId, id), this.#settings)
      throw error
    }
  }
}
