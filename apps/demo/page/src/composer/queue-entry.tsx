import type { LucideIcon } from 'lucide-react'
import type { ReactNode } from 'react'

interface QueueEntryProps {
  icon: LucideIcon
  text: string
  look?: string
  /** Its buttons. */
  children: ReactNode
}

export function QueueEntry({ icon: Icon, text, look = '', children }: QueueEntryProps) {
  return (
    <li
      data-testid="queued"
      className="flex min-h-8 items-center gap-2 rounded-lg bg-muted pr-0.5 pl-3 text-sm"
    >
      <Icon aria-hidden size={14} className="shrink-0 text-muted-foreground" />
      <span className={`min-w-0 flex-1 truncate ${look}`}>{text}</span>
      {children}
    </li>
  )
}
