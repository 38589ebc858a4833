import type { ReactNode } from 'react'

/** Separates two epochs: the messages above are no longer in the model's context. */
export function EpochDivider({ children }: { children: ReactNode }) {
  return (
    <div
      data-testid="epoch-divider"
      className="mt-2 mb-6 flex items-center gap-3 text-xs text-muted-foreground"
    >
      <span aria-hidden className="h-px flex-1 bg-border" />
      {children}
      <span aria-hidden className="h-px flex-1 bg-border" />
    </div>
  )
}
