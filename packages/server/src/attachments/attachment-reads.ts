import { CaughtupError, preview } from '@caughtup/schema'
import type { StandardResponse } from '@orpc/standard-server'

import type { Access } from '../access/access.ts'
import type { ResolvedAttachments, StoredAttachment } from '../host/attachments.ts'
import type { Principal } from '../host/principal.ts'
import type { Settings } from '../host/server-options.ts'
import type { AttachmentPlace } from './attachment-url.ts'
import { type ByteRange, byteRange } from './byte-range.ts'
import { disposition } from './filename.ts'
import { isShownInline } from './media-type.ts'
import { stored } from './storage-calls.ts'

/**
 * An attachment never changes under its URL, and is nobody else's to keep. A host that compressed it would
 * spoil its length and its ranges.
 */
const caching = 'private, max-age=31536000, immutable, no-transform'

/** A file of a member is not a page of the host's: in it nothing runs, loads or frames. */
const policy = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; sandbox"

/** Answers those who may read a session with the bytes of its attachments. */
export class AttachmentReads {
  readonly #settings: Settings
  readonly #attachments: ResolvedAttachments
  readonly #access: Access

  constructor(settings: Settings, attachments: ResolvedAttachments, access: Access) {
    this.#settings = settings
    this.#attachments = attachments
    this.#access = access
  }

  /** @throws CaughtupError `NOT_FOUND`, `UNAVAILABLE` (`attachments`) */
  async read(
    principal: Principal,
    { sessionId, id }: AttachmentPlace,
    { range, signal }: { range: string | undefined; signal: AbortSignal },
  ): Promise<StandardResponse> {
    await this.#access.authorizeSession(principal, 'attachments.read', sessionId)
    const found = await stored(
      () => this.#attachments.storage.get(sessionId, id, { signal }),
      this.#settings,
    )
    if (!found) throw attachmentNotFound(id)
    return this.#answer(found, byteRange(range, found.size))
  }

  #answer(
    found: StoredAttachment,
    range: ByteRange | 'unsatisfiable' | undefined,
  ): StandardResponse {
    const { mediaType, filename, size } = found
    if (range === 'unsatisfiable') {
      const headers = { 'content-range': `bytes */${size}`, 'cache-control': 'no-store' }
      return { status: 416, headers, body: undefined }
    }
    const { from, to } = range ?? { from: 0, to: size }
    return {
      status: range ? 206 : 200,
      headers: {
        'content-type': mediaType,
        'content-length': String(to - from),
        ...(range && { 'content-range': `bytes ${from}-${to - 1}/${size}` }),
        'accept-ranges': 'bytes',
        'content-disposition': disposition(
          isShownInline(mediaType) ? 'inline' : 'attachment',
          filename,
        ),
        'x-content-type-options': 'nosniff',
        'content-security-policy': policy,
        'cross-origin-resource-policy': 'same-origin',
        'cache-control': caching,
      },
      body: this.#stream(found.bytes({ from, to })),
    }
  }

  /** The bytes as a body of a response, read as fast as the client takes them. */
  #stream(bytes: AsyncIterable<Uint8Array>): ReadableStream<Uint8Array> {
    const chunks = bytes[Symbol.asyncIterator]()
    const { onError } = this.#settings
    return new ReadableStream<Uint8Array>(
      {
        async pull(controller) {
          try {
            const next = await chunks.next()
            if (next.done) controller.close()
            else controller.enqueue(next.value)
          } catch (error) {
            // The headers are sent: the client sees a response that breaks off.
            onError(error, 'the storage of attachments')
            controller.error(error)
          }
        },
        async cancel() {
          await chunks.return?.()
        },
      },
      { highWaterMark: 0 },
    )
  }
}

function attachmentNotFound(id: string): CaughtupError {
  return new CaughtupError('NOT_FOUND', `There is no attachment ${preview(id)}.`, {
    field: 'id',
    value: preview(id),
  })
}
