import { createHash } from 'node:crypto'

/** For answers without content of their own to load. */
export const nothing = policy({})

/**
 * For the page: only its own files and server, no inline script or style. Images of a chat are in its
 * messages, as data; those that are being attached are shown from the page's own memory (`blob:`).
 */
export const ownFilesOnly = policy({
  'script-src': "'self'",
  'style-src': "'self'",
  'img-src': "'self' data: blob:",
  'connect-src': "'self'",
})

/** For a document without scripts that has one style in it. */
export function oneStyle(style: string): string {
  const hash = createHash('sha256').update(style).digest('base64')
  return policy({ 'style-src': `'sha256-${hash}'` })
}

function policy(sources: Readonly<Record<string, string>>): string {
  const all = {
    'default-src': "'none'",
    ...sources,
    'base-uri': "'none'",
    'form-action': "'none'",
    'frame-ancestors': "'none'",
  }
  return Object.entries(all)
    .map(([name, value]) => `${name} ${value}`)
    .join('; ')
}
