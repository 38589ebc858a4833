/** Where an attachment is: `id` is absent in the address for uploads. */
export interface AttachmentPlace {
  sessionId: string
  id: string
}

/** @param path - `settings.path`; the URL is relative to the server's origin */
export function attachmentUrl(path: string, { sessionId, id }: AttachmentPlace): string {
  return `${attachmentsPath(path)}${sessionId}/${id}`
}

/** The place that a URL of this server names, or undefined for any other URL. */
export function attachmentPlace(path: string, url: string): AttachmentPlace | undefined {
  const prefix = attachmentsPath(path)
  if (!url.startsWith(prefix)) return undefined
  const [, sessionId, id] = /^([\w-]{1,64})\/([\w-]{1,64})$/.exec(url.slice(prefix.length)) ?? []
  return sessionId !== undefined && id !== undefined ? { sessionId, id } : undefined
}

/** The session to which a path of this server uploads. */
export function uploadPlace(path: string, pathname: string): string | undefined {
  const prefix = attachmentsPath(path)
  if (!pathname.startsWith(prefix)) return undefined
  return /^[\w-]{1,64}$/.exec(pathname.slice(prefix.length))?.[0]
}

/** What all addresses of attachments begin with. */
export function attachmentsPath(path: string): string {
  return `${path === '/' ? '' : path}/attachments/`
}
