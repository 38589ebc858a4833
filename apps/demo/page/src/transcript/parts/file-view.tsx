import { FileText } from 'lucide-react'

import { asPagePrincipal } from '../../client/demo-client.ts'
import { safeHref } from './safe-href.ts'

interface FileViewProps {
  part: { mediaType: string; url: string; filename?: string }
}

/** Shows images of this server and embedded ones; other files are links, so that opening a chat fetches nothing. */
export function FileView({ part }: FileViewProps) {
  const name = part.filename ?? part.mediaType
  const isOwn = part.url.startsWith('/rpc/attachments/')
  const url = isOwn ? asPagePrincipal(part.url) : part.url
  if (part.mediaType.startsWith('image/') && (isOwn || url.startsWith('data:'))) {
    return <img src={url} alt={name} className="max-h-96 max-w-full rounded-xl" />
  }
  return (
    <a
      href={safeHref(url)}
      download={part.filename}
      target="_blank"
      rel="noreferrer"
      className="inline-flex max-w-full items-center gap-2 self-start rounded-lg border border-border bg-card px-3 py-1.5 text-sm hover:bg-muted"
    >
      <FileText aria-hidden size={15} className="shrink-0 text-muted-foreground" />
      <span className="truncate">{name}</span>
    </a>
  )
}
