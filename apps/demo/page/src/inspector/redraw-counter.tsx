import { createContext, type ReactNode, use, useLayoutEffect, useState } from 'react'

/** Counts React's commits of the transcript. Not a React state: counting must not redraw. */
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

/** Counts the commits of the calling component (React's Profiler does not work in production). */
export function useCountedRedraws(): void {
  const counter = use(RedrawContext)
  useLayoutEffect(() => {
    counter.add()
  })
}
