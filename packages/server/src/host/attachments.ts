import { preview } from '@caughtup/schema'

/**
 * Keeps the bytes of attachments: files on disk (`diskAttachments` of `@caughtup/server/disk-attachments`),
 * a bucket, a table. `attachmentStorageCases` of `@caughtup/server/testing` has what is expected of it.
 *
 * The server chooses the ids, and both ids are 1 to 64 characters of `A–Z a–z 0–9 _ -`. An attachment never
 * changes. A `CaughtupError` that a method throws reaches the client as it is, for instance
 * `LIMIT_EXCEEDED` for a quota; any other error becomes `UNAVAILABLE`, and `onError` gets it.
 */
export interface AttachmentStorage {
  /**
   * Stores an attachment when all of its bytes have been read, or nothing at all: if `bytes` throws or the
   * signal aborts, it rejects and leaves nothing behind. It must not gather the bytes in memory.
   */
  put(
    attachment: NewAttachment,
    bytes: AsyncIterable<Uint8Array>,
    options: { signal: AbortSignal },
  ): Promise<void>
  /** `undefined` if there is no such attachment. */
  get(
    sessionId: string,
    id: string,
    options: { signal: AbortSignal },
  ): Promise<StoredAttachment | undefined>
  /** Does nothing if there is no such attachment. */
  remove(sessionId: string, id: string): Promise<void>
  /** Removes all attachments of a session, which may have none. */
  removeSession(sessionId: string): Promise<void>
}

export interface AttachmentInfo {
  /** Lower case, without parameters; one of the server's `mediaTypes`. */
  readonly mediaType: string
  /** A name without folders and control characters, at most 200 characters. */
  readonly filename?: string
  /** The id of the principal who uploaded it. */
  readonly author: string
}

export interface NewAttachment extends AttachmentInfo {
  readonly sessionId: string
  readonly id: string
}

export interface StoredAttachment extends AttachmentInfo {
  /** In bytes. */
  readonly size: number
  /**
   * Reads the bytes from `from` to before `to`, all of them by default. It may be called several times,
   * or never; a reader that leaves early calls `return`.
   */
  bytes(range?: { from: number; to: number }): AsyncIterable<Uint8Array>
}

/**
 * Files that members upload to a session: `POST <path>/attachments/<session id>` stores the body and
 * answers with a URL for a `file` part, `GET` of that URL reads it. Both need the HTTP transport (`fetch`,
 * `nodeHandler`); a WebSocket carries no files.
 */
export interface AttachmentOptions {
  storage: AttachmentStorage
  /** Most bytes of one file. @default 10 MiB */
  maxBytes?: number
  /**
   * The media types that may be uploaded. Images and PDFs are told by their first bytes, whatever the
   * request says; of other types the request's word is taken.
   * @default PNG, JPEG, GIF, WebP and AVIF images, and PDF
   */
  mediaTypes?: readonly string[]
  /**
   * Most bytes of attachments that the agent gets with one context. The newest ones come first; for one
   * that does not fit or is gone, the agent gets a line of text with its name.
   * @default 16 MiB
   */
  contextBytes?: number
}

export type ResolvedAttachments = Required<AttachmentOptions>

const MiB = 1024 * 1024

const attachmentDefaults = {
  maxBytes: 10 * MiB,
  contextBytes: 16 * MiB,
} satisfies Partial<AttachmentOptions>

const usualTypes = [
  'image/png',
  'image/jpeg',
  'image/gif',
  'image/webp',
  'image/avif',
  'application/pdf',
]

/** @throws TypeError if an option is missing or has the wrong type */
export function resolveAttachments(options: AttachmentOptions): ResolvedAttachments {
  const {
    storage,
    maxBytes = attachmentDefaults.maxBytes,
    mediaTypes = usualTypes,
    contextBytes = attachmentDefaults.contextBytes,
  } = options
  if (typeof storage !== 'object' || storage === null) {
    throw invalid('storage', 'an attachment storage', storage)
  }
  for (const [name, value] of Object.entries({ maxBytes, contextBytes })) {
    if (!Number.isSafeInteger(value) || value < 1) {
      throw invalid(name, 'a whole number of bytes of at least 1', value)
    }
  }
  for (const type of mediaTypes) {
    if (!/^[a-z]+\/[a-z0-9][a-z0-9.+-]*$/.test(type)) {
      throw invalid('mediaTypes', 'a list of media types in lower case, such as image/png', type)
    }
  }
  return { storage, maxBytes, mediaTypes, contextBytes }
}

function invalid(name: string, what: string, value: unknown): TypeError {
  return new TypeError(
    `createChatServer: \`attachments.${name}\` must be ${what}, not ${preview(value)}.`,
  )
}
