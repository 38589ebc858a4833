import { type Chart, ours } from '../../measure/bench.ts'
import type { Spread, SummaryRow } from '../summary.ts'

/** What a chart shows: a figure for some of the places on the x axis, per series. */
export interface Plot {
  /** Along the x axis. */
  places: string[]
  series: Series[]
}

export interface Series {
  name: string
  /** Its class in the style sheet. */
  color: string
  points: { place: number; figure: Spread }[]
}

/** The rows of a table as the series of a chart, ours first, the others in the order of the rows. */
export function plotOf({ x, y, by, where = {} }: Chart, rows: readonly SummaryRow[]): Plot {
  const shown = rows.filter((row) =>
    Object.entries(where).every(([key, value]) => label(row[key]) === label(value)),
  )
  const places = [...new Set(shown.map((row) => label(row[x])))]
  const names = [...new Set(shown.map((row) => label(row[by])))]
  const ordered = names.toSorted((a, b) => Number(b === ours) - Number(a === ours))
  let others = 0
  const series = ordered.map((name): Series => ({
    name,
    color: name === ours ? 'ours' : `peer${++others}`,
    points: shown.flatMap((row) => {
      const figure = row[y]
      if (label(row[by]) !== name || typeof figure !== 'object') return []
      return [{ place: places.indexOf(label(row[x])), figure }]
    }),
  }))
  return { places, series }
}

function label(value: string | number | Spread | undefined): string {
  if (typeof value === 'object') return label(value.median)
  return typeof value === 'number' ? value.toLocaleString('en') : (value ?? '')
}
