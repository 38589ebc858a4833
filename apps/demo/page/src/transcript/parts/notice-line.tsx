import { CircleSlash } from 'lucide-react'
import type { ReactNode } from 'react'

/** Says in the transcript what happened to an answer from outside. */
export function NoticeLine({ children }: { children: ReactNode }) {
  return (
    <p className="mt-1 flex items-center gap-2 text-sm text-muted-foreground">
      <CircleSlash aria-hidden size={14} className="shrink-0" />
      {children}
    </p>
  )
}
