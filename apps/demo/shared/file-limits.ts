/** The most bytes of an attached file. */
export const mostFileBytes = 5_000_000

/** What may be attached, by media type. */
export const fileTypes = [
  'image/png',
  'image/jpeg',
  'image/gif',
  'image/webp',
  'image/avif',
  'application/pdf',
]
