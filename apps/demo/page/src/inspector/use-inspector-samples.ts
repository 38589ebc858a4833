import type { ServerStats } from '@caughtup/schema'
import { useEffect, useState } from 'react'

import type { Served } from '../../../shared/served.ts'
import { useClient, useConnectivity } from '../client/client-context.tsx'
import type { DemoClient } from '../client/demo-client.ts'
import { readServed } from '../client/processes.ts'
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
  /** The server's processes, and which of them serve this page; none are listed where there is one. */
  served?: Served
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
    let served: Served | undefined
    const take = async () => {
      const stats = network.isOnline()
        ? serverStats(client, abort.signal)
        : Promise.resolve({ serverError: 'offline' })
      // Also while the client is offline, and only once where there is one process.
      if (served?.processes.length !== 0) {
        served = (await readServed(soon(abort.signal)).catch(() => undefined)) ?? served
      }
      const { server, serverError }: ServerAnswer = await stats
      if (abort.signal.aborted) return
      const process = served && processOf(served)
      const sample: InspectorSample = {
        ...client.stats(),
        at: performance.now(),
        redraws: redraws.count,
        ...(server && { server }),
        ...(process !== undefined && { process }),
      }
      const rates = former && inspectorRates(former, sample)
      if (rates) history = [...history, rates].slice(-mostKept)
      setReading({
        sample,
        history,
        ...(rates && { rates }),
        ...(served && { served }),
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

/** The process that answers this page's calls for figures: that of its chat. */
function processOf({ processes, streams }: Served): number | undefined {
  const chat = streams.find(({ kind }) => kind === 'chat' || kind === 'websocket')
  return processes.find(({ id }) => id === chat?.process)?.pid
}

interface ServerAnswer {
  server?: ServerStats
  serverError?: string
}

/** Aborted after two intervals, too, so that what else there is can be shown. */
function soon(signal: AbortSignal): AbortSignal {
  return AbortSignal.any([signal, AbortSignal.timeout(2 * intervalMs)])
}

/** The server's figures, or why they are missing. */
async function serverStats(client: DemoClient, signal: AbortSignal): Promise<ServerAnswer> {
  try {
    return { server: await client.rpc.server.stats({}, { signal: soon(signal) }) }
  } catch (error) {
    return { serverError: error instanceof Error ? error.message : String(error) }
  }
}
