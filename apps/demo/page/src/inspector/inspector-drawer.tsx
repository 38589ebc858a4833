import { X } from 'lucide-react'
import { lazy, Suspense } from 'react'

import { useActiveClient, useConnectivity } from '../client/client-context.tsx'
import { type Transport, transports } from '../client/demo-client.ts'
import { IconButton } from '../ui/icon-button.tsx'
import { LiveCharts } from './live-charts.tsx'
import { NetworkControl } from './network-control.tsx'
import { ProcessPanel } from './process-panel.tsx'
import { ServerMetrics } from './server-metrics.tsx'
import { StreamPanel } from './stream-panel.tsx'
import { TrafficMetrics } from './traffic-metrics.tsx'
import { useInspectorSamples } from './use-inspector-samples.ts'

/** Loaded with the drawer, which few open. */
const CaughtupDevtools = lazy(async () => {
  const { CaughtupDevtools: component } = await import('@caughtup/web-client/devtools/react')
  return { default: component }
})

interface InspectorDrawerProps {
  sessionId: string | undefined
  onClose: () => void
}

/** Shows what happens beneath the chat, with switches to disturb it. */
export function InspectorDrawer({ sessionId, onClose }: InspectorDrawerProps) {
  const { client, transport } = useActiveClient()
  const reading = useInspectorSamples()
  return (
    <div data-testid="inspector" className="flex min-h-0 flex-1 flex-col">
      <div className="flex h-16 shrink-0 items-center justify-between pr-3 pl-5">
        <h2 className="font-semibold">Under the hood</h2>
        <IconButton icon={X} label="Close the drawer" onClick={onClose} />
      </div>
      <div className="min-h-0 flex-1 overflow-y-auto overscroll-contain">
        <section aria-label="Network" className="flex flex-col gap-2 px-5 pb-2">
          <TransportChoice transport={transport} />
          <NetworkControl />
        </section>
        {sessionId !== undefined && (
          <StreamPanel key={sessionId} session={client.session(sessionId)} />
        )}
        <ProcessPanel served={reading?.served} />
        <LiveCharts history={reading?.history ?? []} />
        <TrafficMetrics reading={reading} />
        <ServerMetrics reading={reading} />
        <section aria-label="Calls and frames" className="border-t border-border px-5 py-3">
          <h3 className="mb-2 text-sm font-medium">Calls and frames</h3>
          <Suspense>
            <CaughtupDevtools client={client} />
          </Suspense>
        </section>
      </div>
    </div>
  )
}

const transportNames: Record<Transport, string> = {
  auto: 'Automatic',
  websocket: 'WebSocket',
  sse: 'SSE',
}

function TransportChoice({ transport }: { transport: Transport }) {
  const { clients } = useConnectivity()
  return (
    <fieldset className="grid grid-cols-3 gap-1 rounded-lg bg-muted p-1 text-sm">
      <legend className="sr-only">Transport</legend>
      {transports.map((one) => (
        <label
          key={one}
          className="cursor-pointer rounded-md py-1 text-center text-muted-foreground has-checked:bg-card has-checked:font-medium has-checked:text-foreground has-checked:shadow-xs has-focus-visible:outline-2 has-focus-visible:outline-primary"
        >
          <input
            type="radio"
            name="transport"
            value={one}
            checked={one === transport}
            onChange={() => clients.use(one)}
            className="sr-only"
          />
          {transportNames[one]}
        </label>
      ))}
    </fieldset>
  )
}
