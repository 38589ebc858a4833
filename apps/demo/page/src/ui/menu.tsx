import { Ellipsis, type LucideIcon } from 'lucide-react'
import { useId } from 'react'

import { IconButton } from './icon-button.tsx'

interface MenuItem {
  icon: LucideIcon
  text: string
  disabled?: boolean
  className?: string
  onSelect: () => void
}

/** Buttons that are needed seldom, behind one. The browser opens it, and closes it at Escape or a click. */
export function Menu({ label, items }: { label: string; items: readonly MenuItem[] }) {
  const id = useId()
  return (
    <div className="relative">
      <IconButton icon={Ellipsis} label={label} popoverTarget={id} />
      <div
        id={id}
        popover="auto"
        className="fixed inset-auto top-14 right-3 rounded-xl border border-border bg-card p-1 text-foreground shadow-lg sm:right-14"
      >
        {items.map(({ icon: Icon, text, disabled, className = '', onSelect }) => (
          <button
            key={text}
            type="button"
            popoverTarget={id}
            popoverTargetAction="hide"
            disabled={disabled}
            onClick={onSelect}
            className={`flex min-h-9 w-full items-center gap-2.5 rounded-lg px-3 text-left text-sm hover:bg-muted disabled:pointer-events-none disabled:opacity-40 ${className}`}
          >
            <Icon aria-hidden size={16} className="shrink-0 text-muted-foreground" />
            {text}
          </button>
        ))}
      </div>
    </div>
  )
}
