import type { Column } from '../measure/bench.ts'
import type { Spread, SummaryRow } from './summary.ts'

/** A table in Markdown: figures to the right, with the least and the most where they differ. */
export function table(columns: readonly Column[], rows: readonly SummaryRow[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`
  const isText = (key: string) => rows.some((row) => typeof row[key] === 'string')
  return [
    line(columns.map(({ title }) => title)),
    line(columns.map(({ key }) => (isText(key) ? '---' : '---:'))),
    ...rows.map((row) => line(columns.map(({ key, digits }) => cell(row[key], digits)))),
  ].join('\n')
}

function cell(value: string | Spread | undefined, digits = 0): string {
  if (typeof value !== 'object') return value ?? ''
  return withSpread(value, digits)
}

/** `3.1`, or `3.1 (2.9–3.4)` where rounds differ. */
export function withSpread({ median, least, most }: Spread, digits: number): string {
  const [from, to] = [least, most].map((value) => formatted(value, digits))
  return formatted(median, digits) + (from === to ? '' : ` (${from}–${to})`)
}

export function formatted(value: number, digits: number): string {
  return value.toLocaleString('en', {
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
  })
}
