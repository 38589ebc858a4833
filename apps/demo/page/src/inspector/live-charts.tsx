import { byteSize } from '../../../shared/byte-size.ts'
import { rate, wholeNumber } from '../format/number.ts'
import type { InspectorRates } from './inspector-rates.ts'
import { Sparkline } from './sparkline.tsx'
import { mostKept } from './use-inspector-samples.ts'

interface Chart {
  name: string
  label: string
  value: (rates: InspectorRates) => number | undefined
  text: (value: number) => string
}

const charts: readonly Chart[] = [
  {
    name: 'tokens',
    label: 'Tokens / s',
    value: ({ tokensPerSecond }) => tokensPerSecond,
    text: (value) => rate(value) ?? '',
  },
  {
    name: 'commits',
    label: 'Commits / s',
    value: ({ commitsPerSecond }) => commitsPerSecond,
    text: (value) => rate(value) ?? '',
  },
  {
    name: 'bytes',
    label: 'Bytes / s',
    value: ({ bytesPerSecond }) => bytesPerSecond,
    text: byteSize,
  },
  {
    name: 'lag',
    label: 'Events the slowest reader lacks',
    value: ({ followerLag }) => followerLag,
    text: wholeNumber,
  },
]

/** The last minute, second by second. */
export function LiveCharts({ history }: { history: readonly InspectorRates[] }) {
  return (
    <section aria-label="The last minute" className="border-t border-border px-5 py-3">
      <h3 className="mb-1 text-sm font-medium">The last minute</h3>
      <ul className="flex flex-col gap-2 text-[0.8125rem]">
        {charts.map(({ name, label, value, text }) => {
          const values = history.map(value)
          const newest = values.at(-1)
          return (
            <li key={name} data-chart={name}>
              <div className="flex justify-between gap-4">
                <span className="text-muted-foreground">{label}</span>
                <span className="tabular-nums">{newest === undefined ? '–' : text(newest)}</span>
              </div>
              <Sparkline values={values} capacity={mostKept} className="text-primary" />
            </li>
          )
        })}
      </ul>
    </section>
  )
}
