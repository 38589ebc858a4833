import { byteSize } from '../../../shared/byte-size.ts'
import { rate, wholeNumber } from '../format/number.ts'
import { Metric, MetricGroup } from './metric.tsx'
import type { InspectorReading } from './use-inspector-samples.ts'

/** Figures of the whole server, over all sessions. */
export function ServerMetrics({ reading }: { reading: InspectorReading | undefined }) {
  const server = reading?.sample.server
  const rates = reading?.rates
  return (
    <MetricGroup title="Server">
      {reading?.serverError !== undefined && (
        <p className="text-danger">No figures: {reading.serverError}</p>
      )}
      <Metric name="commits-per-second" label="Commits / s" value={rate(rates?.commitsPerSecond)} />
      <Metric
        name="tokens-per-commit"
        label="Tokens / commit"
        value={rate(rates?.tokensPerCommit)}
        hint="Deltas per transaction in the last second"
      />
      <Metric
        name="events-per-commit"
        label="Events / commit"
        value={rate(rates?.eventsPerCommit)}
      />
      <Metric
        name="flush-window"
        label="Flush window"
        value={server && `${Math.round(server.store.flushWindow)} ms`}
      />
      <Metric
        name="unflushed-bytes"
        label="Not yet committed"
        value={server && byteSize(server.store.unflushedBytes)}
      />
      <Metric name="open-messages" label="Open messages" value={server?.store.openMessages} />
      <Metric name="runs" label="Runs" value={server?.runs} />
      <Metric name="chat-streams" label="Chat streams" value={server?.chatStreams} />
      <Metric
        name="commits"
        label="Commits in total"
        value={server && wholeNumber(server.store.commits)}
      />
    </MetricGroup>
  )
}
