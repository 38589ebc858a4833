import { useEffect, useRef } from 'react'

import type { DevtoolsClient } from './devtools.ts'
import { mountDevtools } from './mount-devtools.ts'

/** The devtools of a client, where the component stands; see `mountDevtools`. */
export function CaughtupDevtools({ client }: { client: DevtoolsClient }) {
  const place = useRef<HTMLDivElement>(null)
  useEffect(() => {
    return place.current ? mountDevtools(place.current, client) : undefined
  }, [client])
  return <div ref={place} />
}
