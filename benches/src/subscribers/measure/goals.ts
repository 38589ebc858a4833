import type { Goal, Row } from '../../measure/bench.ts'
import type { Side } from '../sides/sides.ts'

/** A side's figure in relation to the best of others: the lowest, or the highest if there is a `least`. */
interface Ratio extends Pick<Goal, 'bound' | 'heldBackBy'> {
  of: Side
  to: readonly Side[]
  key: string
}

/** One goal, or none if those sides were not measured. */
export function ratioGoal(goal: string, rows: readonly Row[], ratio: Ratio): Goal[] {
  const { of, to, key, bound, heldBackBy } = ratio
  const own = rows.find((row) => row['side'] === of.name)?.[key]
  const others = rows
    .filter((row) => to.some(({ name }) => name === row['side']))
    .map((row) => row[key])
    .filter((value) => typeof value === 'number')
  if (typeof own !== 'number' || others.length === 0) return []
  const best = 'most' in bound ? Math.min(...others) : Math.max(...others)
  return [{ goal, measured: own / best, unit: '×', bound, ...(heldBackBy && { heldBackBy }) }]
}

/** One goal about a side's own figure, or none if it was not measured. */
export function ownGoal(
  goal: string,
  rows: readonly Row[],
  figure: { of: Side; key: string; unit: string; most: number; heldBackBy?: string },
): Goal[] {
  const { of, key, unit, most, heldBackBy } = figure
  const measured = rows.find((row) => row['side'] === of.name)?.[key]
  if (typeof measured !== 'number') return []
  return [{ goal, measured, unit, digits: 1, bound: { most }, ...(heldBackBy && { heldBackBy }) }]
}

/** Rows by one of their figures, in its order. */
export function groups(rows: readonly Row[], key: string): [value: number, rows: Row[]][] {
  return [...Map.groupBy(rows, (row) => Number(row[key]))]
}
