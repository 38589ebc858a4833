/** Most characters of a name; those of the end are kept, which tell the type. */
const longest = 200

/**
 * A name that is safe to show, to store and to save under: without folders, control characters and those
 * that turn the direction of text around.
 *
 * @returns undefined if nothing is left
 */
export function safeFilename(name: string | null | undefined): string | undefined {
  const [last = ''] = (name ?? '').split(/[/\\]/).slice(-1)
  const kept = last
    .toWellFormed()
    .replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, '')
    .trim()
    .replace(/^\.+/, '')
  const characters = Array.from(kept)
  return characters.slice(-longest).join('').trim() || undefined
}

/** A `content-disposition`. Names that are not ASCII are encoded as RFC 8187 says. */
export function disposition(kind: 'inline' | 'attachment', filename: string | undefined): string {
  if (filename === undefined) return kind
  const ascii = filename.replaceAll(/[^\x20-\x7e]|["\\%]/g, '_')
  const encoded = encodeURIComponent(filename).replaceAll(
    /['()*!]/g,
    (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`,
  )
  return `${kind}; filename="${ascii}"; filename*=UTF-8''${encoded}`
}
