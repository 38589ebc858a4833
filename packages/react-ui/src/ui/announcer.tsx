import { createContext, type CSSProperties, type ReactNode, useContext, useState } from 'react'

type Announce = (text: string) => void

const AnnounceContext = createContext<Announce | undefined>(undefined)

/** Has a screen reader say a text once it is silent; `undefined` without an `Announcer` above. */
export function useAnnounce(): Announce | undefined {
  return useContext(AnnounceContext)
}

/** Texts that stay: those that are said at once are all heard, and old ones would only be found by browsing. */
const mostTexts = 3

/** Around a page: what `useAnnounce` says. It is there from the start, or its first words would not be heard. */
export function Announcer({ children }: { children: ReactNode }) {
  const [{ texts, count }, setSaid] = useState<Said>({ texts: [], count: 0 })
  const [announce] = useState<Announce>(() => (text: string) => {
    setSaid((said) => ({
      texts: [...said.texts, text].slice(-mostTexts),
      count: said.count + 1,
    }))
  })
  return (
    <AnnounceContext.Provider value={announce}>
      {children}
      <output aria-live="polite" aria-relevant="additions" data-announcer="" style={visuallyHidden}>
        {/* Each is an element of its own, so that the same text again is heard again. */}
        {texts.map((text, index) => (
          <span key={count - texts.length + index} style={{ display: 'block' }}>
            {text}
          </span>
        ))}
      </output>
    </AnnounceContext.Provider>
  )
}

interface Said {
  texts: readonly string[]
  /** Of all that were said. */
  count: number
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
