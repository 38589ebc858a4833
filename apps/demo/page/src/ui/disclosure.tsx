import { ChevronRight } from 'lucide-react'
import { type ReactNode, useState } from 'react'

interface DisclosureProps {
  summary: ReactNode
  /** Rendered only while open, because it may be large. */
  children: () => ReactNode
  className?: string
}

export function Disclosure({ summary, children, className = '' }: DisclosureProps) {
  const [open, setOpen] = useState(false)
  return (
    <details
      open={open}
      onToggle={(event) => setOpen(event.currentTarget.open)}
      className={`group/disclosure rounded-xl border border-border bg-card text-sm ${className}`}
    >
      <summary className="flex min-h-9 items-center gap-2 rounded-xl px-3 py-1.5 hover:bg-muted/60">
        <span className="flex min-w-0 flex-1 items-center gap-2">{summary}</span>
        <ChevronRight
          aria-hidden
          size={15}
          className="shrink-0 text-muted-foreground transition-transform group-open/disclosure:rotate-90"
        />
      </summary>
      {open && <div className="border-t border-border px-3 py-2.5">{children()}</div>}
    </details>
  )
}
