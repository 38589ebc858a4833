import type { ReactNode } from 'react'

interface MetricProps {
  /** A stable name for tests, in `data-metric`. */
  name: string
  label: string
  value: string | number | undefined
  /** Its explanation, on hover. */
  hint?: string
}

export function Metric({ name, label, value, hint }: MetricProps) {
  return (
    <div className="flex items-baseline justify-between gap-4 py-0.5" title={hint}>
      <dt className="shrink-0 text-muted-foreground">{label}</dt>
      <dd data-metric={name} className="min-w-0 truncate text-right tabular-nums">
        {value ?? '–'}
      </dd>
    </div>
  )
}

export function MetricGroup({ title, children }: { title: string; children: ReactNode }) {
  return (
    <section aria-label={title} className="border-t border-border px-5 py-3">
      <h3 className="mb-1 text-sm font-medium">{title}</h3>
      <dl className="text-[0.8125rem]">{children}</dl>
    </section>
  )
}
