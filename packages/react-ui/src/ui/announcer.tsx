import { createContext, type CSSProperties, type ReactNode, useContext, useState } from 'react'

type Announce = (text: string) => void

const AnnounceContext = createContext<Announce | undefined>(undefined)

/** Has a screen reader say a text once it is silent; `undefined` without an `Announcer` above. */
export function useAnnounce(): Announce | undefined {
  return useContext(AnnounceContext)
}

/** Around a page: what `useAnnounce` says. It is there from the start, or its first words would not be heard. */
export function Announcer({ children }: { children: ReactNode }) {
  const [said, setSaid] = useState({ text: '', count: 0 })
  const [announce] = useState<Announce>(() => (text: string) => {
    setSaid(({ count }) => ({ text, count: count + 1 }))
  })
  return (
    <AnnounceContext.Provider value={announce}>
      {children}
      <output aria-live="polite" data-announcer="" style={visuallyHidden}>
        {/* The same text again is another element, so that it is heard again. */}
        <span key={said.count}>{said.text}</span>
      </output>
    </AnnounceContext.Provider>
  )
}

const visuallyHidden: CSSProperties = {
  position: 'absolute',
  width: 1,
  height: 1,
  margin: -1,
  padding: 0,
  overflow: 'hidden',
  clipPath: 'inset(50%)',
  whiteSpace: 'nowrap',
  border: 0,
}
