import { createContext, type ReactNode, use, useState } from 'react'

const AnnounceContext = createContext<(text: string) => void>(() => {})

/** Gives a screen reader something to say once it is silent. */
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
