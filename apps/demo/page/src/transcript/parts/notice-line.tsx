import { CircleSlash } from 'lucide-react'
import type { ReactNode } from 'react'

/** A remark about an answer: who or what ended it, or why part of it is missing. */
export function NoticeLine({ children }: { children: ReactNode }) {
  return (
    <p className="mt-1 flex items-center gap-2 text-sm text-muted-foreground">
      <CircleSlash aria-hidden size={14} className="shrink-0" />
      {children}
    </p>
  )
}
