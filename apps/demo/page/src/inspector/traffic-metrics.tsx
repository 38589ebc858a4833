import { byteSize } from '../../../shared/byte-size.ts'
import { rate, wholeNumber } from '../format/number.ts'
import { Metric, MetricGroup } from './metric.tsx'
import type { InspectorReading } from './use-inspector-samples.ts'

/** Figures of this page: what it receives, and how often it redraws. */
export function TrafficMetrics({ reading }: { reading: InspectorReading | undefined }) {
  const sample = reading?.sample
  const rates = reading?.rates
  return (
    <MetricGroup title="This page">
      <Metric
        name="frames-received"
        label="Frames received"
        value={sample && wholeNumber(sample.framesReceived)}
      />
      <Metric
        name="bytes-received"
        label="Bytes received"
        value={sample && byteSize(sample.bytesReceived)}
      />
      <Metric name="frames-per-second" label="Frames / s" value={rate(rates?.framesPerSecond)} />
      <Metric
        name="bytes-per-second"
        label="Bytes / s"
        value={rates && byteSize(rates.bytesPerSecond)}
      />
      <Metric
        name="notifications-per-second"
        label="Notifications / s"
        value={rate(rates?.notificationsPerSecond)}
        hint="At most one per animation frame and view"
      />
      <Metric
        name="redraws-per-second"
        label="Transcript redraws / s"
        value={rate(rates?.redrawsPerSecond)}
        hint="React's commits of the transcript"
      />
    </MetricGroup>
  )
}
