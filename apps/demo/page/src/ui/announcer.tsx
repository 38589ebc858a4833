import { createContext, type ReactNode, use, useState } from 'react'

const AnnounceContext = createContext<(text: string) => void>(() => {})

/** Says something to a screen reader when it next falls silent. */
export function useAnnounce(): (text: string) => void {
  return use(AnnounceContext)
}

export function AnnouncerProvider({ children }: { children: ReactNode }) {
  const [text, setText] = useState('')
  return (
    <AnnounceContext value={setText}>
      {children}
      <output aria-live="polite" className="sr-only">
        {text}
      </output>
    </AnnounceContext>
  )
}
