import { Moon, Sun } from 'lucide-react'

import { useTheme } from '../hooks/use-theme.ts'
import { IconButton } from './icon-button.tsx'

export function ThemeToggle() {
  const [theme, setTheme] = useTheme()
  const otherTheme = theme === 'dark' ? 'light' : 'dark'
  return (
    <IconButton
      icon={theme === 'dark' ? Sun : Moon}
      label={`Use the ${otherTheme} theme`}
      onClick={() => setTheme(otherTheme)}
    />
  )
}
