/** How many bytes {@link typeOfBytes} needs. */
export const headBytes = 32

/** The first bytes of each type that is told by them; a dot stands for any byte. */
const signatures: readonly (readonly [type: string, signature: string])[] = [
  ['image/png', '\x89PNG\r\n\x1a\n'],
  ['image/jpeg', '\xff\xd8\xff'],
  ['image/gif', 'GIF87a'],
  ['image/gif', 'GIF89a'],
  ['image/webp', 'RIFF....WEBP'],
  ['image/avif', '....ftypavif'],
  ['image/avif', '....ftypavis'],
  ['application/pdf', '%PDF-'],
]

/** Types that a browser draws, and in which no script can run. */
const drawn: ReadonlySet<string> = new Set(
  signatures.flatMap(([type]) => (type.startsWith('image/') ? [type] : [])),
)

/** Told by the bytes, so a request's word for one of these types is not enough. */
const told: ReadonlySet<string> = new Set(signatures.map(([type]) => type))

/**
 * The type of a file: what its first bytes are, else what the request says.
 *
 * @returns undefined if the request names a type whose first bytes are others
 */
export function typeOfFile(head: Uint8Array, said: string): string | undefined {
  return typeOfBytes(head) ?? (told.has(said) ? undefined : said)
}

/** Whether a browser may show the file where it is opened, rather than save it. */
export function isShownInline(mediaType: string): boolean {
  return drawn.has(mediaType)
}

/** The type in a `content-type`, without its parameters. */
export function saidType(header: string | undefined): string {
  const [type = ''] = (header ?? '').split(';', 1)
  return type.trim().toLowerCase()
}

function typeOfBytes(head: Uint8Array): string | undefined {
  const text = String.fromCharCode(...head.subarray(0, headBytes))
  return signatures.find(([, signature]) =>
    Array.from(signature).every((char, at) => char === '.' || text[at] === char),
  )?.[0]
}
