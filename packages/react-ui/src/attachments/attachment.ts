import type { PromptPart } from '@caughtup/schema'

export type FilePart = Extract<PromptPart, { type: 'file' }>

/**
 * Where the bytes of an attached file go; resolves with what the part says of it. It is aborted when the
 * file is removed. What it rejects with is shown as the reason, and it can be called again.
 */
export type Upload = (
  file: File,
  options: { signal: AbortSignal },
) => Promise<{ url: string; mediaType: string; filename?: string }>

/** A file that is to go with the next prompt. */
export type Attachment = AttachedFile &
  (
    | { readonly state: 'uploading' }
    | { readonly state: 'ready'; readonly part: FilePart }
    | { readonly state: 'failed'; readonly error: string }
  )

interface AttachedFile {
  /** Unique in its composer. */
  readonly id: number
  readonly file: File
  /** What it takes of the limits, in bytes: of the file, or of the smaller image that is embedded. */
  readonly bytes: number
  /** Of an image: the URL that shows it, valid in this page and until it is removed or sent. */
  readonly preview?: string
}

/** Why a file was not attached. */
export type Refusal = { readonly filename: string } & (
  | { readonly reason: 'type'; readonly mediaType: string; readonly accept: string }
  | { readonly reason: 'bytes'; readonly bytes: number; readonly limit: number }
  | { readonly reason: 'total-bytes'; readonly bytes: number; readonly limit: number }
  | { readonly reason: 'files'; readonly limit: number }
)
