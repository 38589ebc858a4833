import { X } from 'lucide-react'
import {
  createContext,
  type ReactNode,
  use,
  useCallback,
  useEffect,
  useMemo,
  useState,
} from 'react'

import { IconButton } from './icon-button.tsx'

/** Long enough to read a long error. */
const shownMs = 8_000

interface Toasts {
  /** Runs an action of the user; if it fails, shows the action and the reason. */
  attempt: (action: string, task: () => Promise<unknown>) => void
}

const ToastsContext = createContext<Toasts>({ attempt: () => {} })

export function useToasts(): Toasts {
  return use(ToastsContext)
}

/** Shows the newest failure for a while, without older ones. */
export function ToastProvider({ children }: { children: ReactNode }) {
  const [shown, setShown] = useState<{ text: string }>()

  useEffect(() => {
    if (!shown) return
    const timer = setTimeout(() => setShown(undefined), shownMs)
    return () => clearTimeout(timer)
  }, [shown])

  const attempt = useCallback((action: string, task: () => Promise<unknown>) => {
    task().catch((error: unknown) => {
      setShown({
        text: `${action} failed: ${error instanceof Error ? error.message : String(error)}`,
      })
    })
  }, [])

  return (
    <ToastsContext value={useMemo(() => ({ attempt }), [attempt])}>
      {children}
      <div
        role="alert"
        className="pointer-events-none fixed inset-x-0 top-4 z-50 flex justify-center px-4"
      >
        {shown && (
          <div className="pointer-events-auto flex max-w-lg items-center gap-2 rounded-xl border border-danger/30 bg-danger-soft py-1.5 pr-1.5 pl-4 text-sm shadow-lg">
            <p className="min-w-0 wrap-anywhere">{shown.text}</p>
            <IconButton icon={X} label="Dismiss" size="small" onClick={() => setShown(undefined)} />
          </div>
        )}
      </div>
    </ToastsContext>
  )
}
