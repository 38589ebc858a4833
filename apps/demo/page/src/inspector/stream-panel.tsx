import { useConnectionText } from '@caughtup/react-ui'
import { useSession } from '@caughtup/web-client/react'
import { Pause, Play, Scissors } from 'lucide-react'

import { useConnectivity } from '../client/client-context.tsx'
import type { DemoSession } from '../client/demo-client.ts'
import { Button } from '../ui/button.tsx'
import { Metric, MetricGroup } from './metric.tsx'

/** Figures of the stream that feeds the chat, with switches to cut and pause it. */
export function StreamPanel({ session }: { session: DemoSession }) {
  const { connection, messages, run, skipped, epoch } = useSession(session)
  const { network } = useConnectivity()
  const status = useConnectionText(session)
  const { lastReplay } = connection
  const paused = connection.status === 'idle'
  return (
    <>
      <div className="grid grid-cols-2 gap-2 px-5 pb-4">
        <Button
          className="px-1 whitespace-nowrap"
          onClick={() => network.cut()}
          disabled={connection.status !== 'live'}
        >
          <Scissors aria-hidden size={15} />
          Cut connection
        </Button>
        <Button
          aria-pressed={paused}
          title="While paused, nothing is received; resuming catches up from the cursor"
          onClick={() => (paused ? session.resume() : session.pause())}
        >
          {paused ? <Play aria-hidden size={15} /> : <Pause aria-hidden size={15} />}
          {paused ? 'Resume' : 'Pause'}
        </Button>
      </div>
      <MetricGroup title="Stream">
        <Metric name="status" label="Status" value={status} />
        <Metric name="attempts" label="Attempts since live" value={connection.attempts} />
        <Metric
          name="replay-mode"
          label="Last replay"
          value={lastReplay?.mode}
          hint="full: the newest window; since: only the events after the cursor"
        />
        <Metric
          name="replay-reason"
          label="Reason for the mode"
          value={lastReplay?.reason}
          hint="Why the server chose another mode than the client asked for"
        />
        <Metric
          name="cursor"
          label="Cursor at replay"
          value={lastReplay?.cursor}
          {...(lastReplay?.cursor !== undefined && { hint: lastReplay.cursor })}
        />
        <Metric name="run" label="Run" value={run ? `${run.kind}, ${run.status}` : undefined} />
        <Metric name="epoch" label="Epoch" value={epoch} />
        <Metric name="messages-loaded" label="Messages loaded" value={messages.length} />
        <Metric name="skipped" label="Events skipped" value={skipped} />
      </MetricGroup>
    </>
  )
}
