import { Activity, Footprints, Menu } from 'lucide-react'
import type { ReactNode } from 'react'

import { IconButton } from '../../ui/icon-button.tsx'
import { ThemeToggle } from '../../ui/theme-toggle.tsx'

export interface PageControls {
  inspectorOpen: boolean
  onToggleInspector: () => void
  tourOpen: boolean
  onToggleTour: () => void
  /** Set when the list does not fit beside the chat. */
  onOpenList?: () => void
}

/** The bar above the chat: its header, and the page's own buttons. */
export function PageHeader({
  inspectorOpen,
  onToggleInspector,
  tourOpen,
  onToggleTour,
  onOpenList,
  children,
}: PageControls & { children?: ReactNode }) {
  return (
    <header className="flex min-h-16 shrink-0 items-center gap-0.5 border-b border-border px-2 sm:px-4">
      {onOpenList && <IconButton icon={Menu} label="Show chats" onClick={onOpenList} />}
      <div className="flex min-w-0 flex-1 items-center gap-0.5 px-1">{children}</div>
      {/* If the list is a sheet, this bar is narrow, and the sheet has the toggle. */}
      {!onOpenList && <ThemeToggle />}
      <IconButton
        icon={Footprints}
        label="The tour"
        aria-expanded={tourOpen}
        aria-pressed={tourOpen}
        onClick={onToggleTour}
      />
      <IconButton
        icon={Activity}
        label="Under the hood"
        aria-expanded={inspectorOpen}
        aria-pressed={inspectorOpen}
        onClick={onToggleInspector}
      />
    </header>
  )
}
