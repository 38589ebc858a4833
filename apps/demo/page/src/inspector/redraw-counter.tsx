import { createContext, type ReactNode, use, useLayoutEffect, useState } from 'react'

/** How often React has committed the transcript. Not a state: counting must not redraw. */
class RedrawCounter {
  #count = 0

  get count(): number {
    return this.#count
  }

  add(): void {
    this.#count += 1
  }
}

const RedrawContext = createContext(new RedrawCounter())

export function RedrawProvider({ children }: { children: ReactNode }) {
  const [counter] = useState(() => new RedrawCounter())
  return <RedrawContext value={counter}>{children}</RedrawContext>
}

export function useRedrawCounter(): RedrawCounter {
  return use(RedrawContext)
}

/** Counts the commits of the component that calls it (React's Profiler is silent in production). */
export function useCountedRedraws(): void {
  const counter = use(RedrawContext)
  useLayoutEffect(() => {
    counter.add()
  })
}
