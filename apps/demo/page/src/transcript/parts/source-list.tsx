import type { Part } from '@caughtup/schema'
import { FileText, Link } from 'lucide-react'

import { safeHref } from './safe-href.ts'

export type Source = Extract<Part, { type: 'source-url' | 'source-document' }>

export function isSource(part: Part): part is Source {
  return part.type === 'source-url' || part.type === 'source-document'
}

const chip =
  'inline-flex max-w-64 items-center gap-1.5 rounded-full border border-border bg-card px-2.5 text-xs/6'

/** The sources of an answer, below it. */
export function SourceList({ sources }: { sources: readonly Source[] }) {
  return (
    <ul aria-label="Sources" className="mt-3 flex flex-wrap gap-1.5">
      {sources.map((source) => (
        <li key={source.sourceId} className="max-w-full">
          {source.type === 'source-url' ? (
            <a
              href={safeHref(source.url)}
              target="_blank"
              rel="noreferrer"
              title={source.url}
              className={`${chip} hover:bg-muted`}
            >
              <Link aria-hidden size={12} className="shrink-0 text-muted-foreground" />
              <span className="truncate">{source.title ?? source.url}</span>
            </a>
          ) : (
            <span className={chip} title={source.filename}>
              <FileText aria-hidden size={12} className="shrink-0 text-muted-foreground" />
              <span className="truncate">{source.title}</span>
            </span>
          )}
        </li>
      ))}
    </ul>
  )
}
