import { FileText } from 'lucide-react'

import { safeHref } from './safe-href.ts'

interface FileViewProps {
  part: { mediaType: string; url: string; filename?: string }
}

/** Shows embedded images; other files are links, so that opening a chat fetches nothing. */
export function FileView({ part }: FileViewProps) {
  const name = part.filename ?? part.mediaType
  if (part.mediaType.startsWith('image/') && part.url.startsWith('data:')) {
    return <img src={part.url} alt={name} className="max-h-96 max-w-full rounded-xl" />
  }
  return (
    <a
      href={safeHref(part.url)}
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
