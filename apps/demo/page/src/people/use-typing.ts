import { useCallback, useEffect, useRef, useState } from 'react'

import { type DemoSession, pagePrincipal } from '../client/demo-client.ts'

const signalName = 'typing'
/** How long somebody counts as typing after their last signal, and how often one is sent, in ms. */
const shownMs = 5_000
const toldMs = 3_000

/** Who else is typing, and what to call at each key and after sending. */
export function useTyping(session: DemoSession) {
  const [who, setWho] = useState<readonly string[]>([])
  const toldAt = useRef(0)

  useEffect(() => {
    const timers = new Map<string, ReturnType<typeof setTimeout>>()
    const change = (name: string, types: boolean) => {
      clearTimeout(timers.get(name))
      timers.delete(name)
      if (types)
        timers.set(
          name,
          setTimeout(() => change(name, false), shownMs),
        )
      setWho([...timers.keys()])
    }
    const me = pagePrincipal() ?? 'local'
    const stop = session.onSignal(({ name, data, from }) => {
      if (name === signalName && from !== undefined && from !== me) change(from, data === true)
    })
    return () => {
      stop()
      for (const timer of timers.values()) clearTimeout(timer)
    }
  }, [session])

  const tell = useCallback(
    (types: boolean) => {
      if (types && Date.now() - toldAt.current < toldMs) return
      if (!types && toldAt.current === 0) return
      toldAt.current = types ? Date.now() : 0
      // Nobody misses one; the next key tries again.
      session.signal(signalName, types).catch(() => (toldAt.current = 0))
    },
    [session],
  )
  return { who, tell }
}
