import type { Refusal } from './attachment.ts'

/** What may be attached to one prompt. */
export interface AttachmentLimits {
  /**
   * Which files, as in the attribute of a file field: `image/*,.pdf`.
   *
   * @default `image/*` without `upload`, else all
   */
  accept?: string
  /** The most bytes of one file. @default no limit of its own */
  maxBytes?: number
  /**
   * The most bytes of all files together.
   *
   * @default 700,000 without `upload`: as data they are a third longer, and a request may have 1 MiB. Else
   * no limit
   */
  maxTotalBytes?: number
  /** The most files. @default 10 */
  maxFiles?: number
}

export const embeddedLimits = { accept: 'image/*', maxTotalBytes: 700_000 }

const defaultMaxFiles = 10

/** Why a file of this kind cannot be added to so many. */
export function refusedAtOnce(
  { name: filename, type: mediaType }: File,
  attached: number,
  { accept = '', maxFiles = defaultMaxFiles }: AttachmentLimits,
): Refusal | undefined {
  if (!accepts(accept, { filename, mediaType })) {
    return { filename, reason: 'type', mediaType, accept }
  }
  return attached >= maxFiles ? { filename, reason: 'files', limit: maxFiles } : undefined
}

/** Why a file of this size cannot be added to others that have `otherBytes`. */
export function refusedForSize(
  { name: filename, size: bytes }: File,
  otherBytes: number,
  { maxBytes = Infinity, maxTotalBytes = Infinity }: AttachmentLimits,
): Refusal | undefined {
  const limit = Math.min(maxBytes, maxTotalBytes)
  if (bytes > limit) return { filename, reason: 'bytes', bytes, limit }
  return otherBytes + bytes > maxTotalBytes
    ? { filename, reason: 'total-bytes', bytes, limit: maxTotalBytes }
    : undefined
}

/** Whether a list as of the attribute `accept` has a file's type or the end of its name; an empty one has all. */
export function accepts(
  accept: string,
  { filename, mediaType }: { filename: string; mediaType: string },
): boolean {
  const wanted = accept
    .toLowerCase()
    .split(',')
    .flatMap((one) => one.trim() || [])
  const [name, type] = [filename.toLowerCase(), mediaType.toLowerCase()]
  return (
    wanted.length === 0 ||
    wanted.some((one) => {
      if (one.startsWith('.')) return name.endsWith(one)
      return one.endsWith('/*') ? type.startsWith(one.slice(0, -1)) : type === one
    })
  )
}
