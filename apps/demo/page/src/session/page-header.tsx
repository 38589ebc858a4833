import { Activity, Menu, Moon, Sun } from 'lucide-react'
import type { ReactNode } from 'react'

import { useTheme } from '../hooks/use-theme.ts'
import { IconButton } from '../ui/icon-button.tsx'

export interface PageControls {
  hoodOpen: boolean
  onToggleHood: () => void
  /** Given where the list is not beside the chat. */
  onOpenList?: () => void
}

/** The bar over the chat: what it is about, and the page's own switches. */
export function PageHeader({
  hoodOpen,
  onToggleHood,
  onOpenList,
  children,
}: PageControls & { children?: ReactNode }) {
  const [theme, setTheme] = useTheme()
  const otherTheme = theme === 'dark' ? 'light' : 'dark'
  return (
    <header className="flex min-h-16 shrink-0 items-center gap-0.5 border-b border-border px-2 sm:px-4">
      {onOpenList && <IconButton icon={Menu} label="Show chats" onClick={onOpenList} />}
      <div className="flex min-w-0 flex-1 items-center gap-0.5 px-1">{children}</div>
      <IconButton
        icon={theme === 'dark' ? Sun : Moon}
        label={`Use the ${otherTheme} theme`}
        onClick={() => setTheme(otherTheme)}
      />
      <IconButton
        icon={Activity}
        label="Under the hood"
        aria-expanded={hoodOpen}
        aria-pressed={hoodOpen}
        onClick={onToggleHood}
      />
    </header>
  )
}
