import type { Bench, Goal, Row } from '../measure/bench.ts'
import { median } from '../measure/median.ts'

/** A figure over all rounds. */
export interface Spread {
  median: number
  least: number
  most: number
}

export type SummaryRow = Readonly<Record<string, string | Spread>>

export interface GoalSummary extends Omit<Goal, 'measured'> {
  measured: Spread
  met: boolean
}

/**
 * The rows of all rounds as one table: rows at the same place are of the same case.
 *
 * @throws Error if the rounds do not have the same rows
 */
export function summarise(rounds: readonly (readonly Row[])[]): SummaryRow[] {
  const [first = []] = rounds
  if (rounds.some((rows) => rows.length !== first.length)) {
    throw new Error(`The rounds have ${rounds.map((rows) => rows.length).join(', ')} rows`)
  }
  return first.map((row, place) =>
    Object.fromEntries(
      Object.entries(row).map(([key, value]) => {
        if (typeof value === 'string') return [key, value]
        // A peer that failed in a round has no figures of it.
        const figures = rounds.map((rows) => Number(rows[place]?.[key])).filter(Number.isFinite)
        return [key, spread(figures)]
      }),
    ),
  )
}

/** Each goal with its figures of all rounds: ratios are of figures of the same round. */
export function summariseGoals(bench: Bench, rounds: readonly (readonly Row[])[]): GoalSummary[] {
  const goals = Map.groupBy(
    rounds.flatMap((rows) => bench.goals(rows)),
    ({ goal }) => goal,
  )
  return [...goals.values()].flatMap((same) => {
    const [goal] = same
    if (!goal) return []
    const measured = spread(same.map((one) => one.measured))
    const met =
      'least' in goal.bound
        ? measured.median >= goal.bound.least
        : measured.median <= goal.bound.most
    return [{ ...goal, measured, met }]
  })
}

function spread(values: readonly number[]): Spread {
  return { median: median(values), least: Math.min(...values), most: Math.max(...values) }
}
