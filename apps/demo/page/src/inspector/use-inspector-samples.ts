import type { ServerStats } from '@caughtup/schema'
import { useEffect, useState } from 'react'

import { useClient, useConnectivity } from '../client/client-context.tsx'
import type { DemoClient } from '../client/demo-client.ts'
import { type InspectorRates, inspectorRates, type InspectorSample } from './inspector-rates.ts'
import { useRedrawCounter } from './redraw-counter.tsx'

/** Rates per second need no finer steps. */
const intervalMs = 1_000
/** Rates that are kept for charts: a minute's. */
export const mostKept = 60

export interface InspectorReading {
  sample: InspectorSample
  rates?: InspectorRates
  /** The rates until now, oldest first, at most `mostKept`. */
  history: readonly InspectorRates[]
  /** Why the server's figures are missing. */
  serverError?: string
}

/** Reads the counters once a second while the component is mounted. */
export function useInspectorSamples(): InspectorReading | undefined {
  const client = useClient()
  const { network } = useConnectivity()
  const redraws = useRedrawCounter()
  const [reading, setReading] = useState<InspectorReading>()

  useEffect(() => {
    const abort = new AbortController()
    let former: InspectorSample | undefined
    let history: readonly InspectorRates[] = []
    const take = async () => {
      const { server, serverError }: ServerAnswer = network.isOnline()
        ? await serverStats(client, abort.signal)
        : { serverError: 'offline' }
      if (abort.signal.aborted) return
      const sample: InspectorSample = {
        ...client.stats(),
        at: performance.now(),
        redraws: redraws.count,
        ...(server && { server }),
      }
      const rates = former && inspectorRates(former, sample)
      if (rates) history = [...history, rates].slice(-mostKept)
      setReading({
        sample,
        history,
        ...(rates && { rates }),
        ...(serverError !== undefined && { serverError }),
      })
      former = sample
    }
    let timer: ReturnType<typeof setTimeout> | undefined
    // Waits for each answer before the next request, so that a slow server is not flooded.
    const poll = async () => {
      await take()
      if (!abort.signal.aborted) timer = setTimeout(() => void poll(), intervalMs)
    }
    void poll()
    return () => {
      abort.abort()
      clearTimeout(timer)
    }
  }, [client, network, redraws])

  return reading
}

interface ServerAnswer {
  server?: ServerStats
  serverError?: string
}

/** The server's figures, or why they are missing. Waits two intervals, so that the page's own are shown. */
async function serverStats(client: DemoClient, signal: AbortSignal): Promise<ServerAnswer> {
  try {
    const limit = AbortSignal.any([signal, AbortSignal.timeout(2 * intervalMs)])
    return { server: await client.rpc.server.stats({}, { signal: limit }) }
  } catch (error) {
    return { serverError: error instanceof Error ? error.message : String(error) }
  }
}
