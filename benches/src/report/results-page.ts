import type { Bench } from '../measure/bench.ts'
import type { Origin } from './origin.ts'
import type { Result } from './results.ts'
import { type GoalSummary, summarise, summariseGoals, type SummaryRow } from './summary.ts'
import { formatted, table, withSpread } from './table.ts'

export interface Section {
  bench: Bench
  /** Absent if the bench never ran here. */
  result?: Result | undefined
}

/** RESULTS.md: what is reached of the goals, then the figures of each bench. */
export function resultsPage(sections: readonly Section[]): string {
  const goals = sections.flatMap(({ bench, result }) =>
    summariseGoals(bench, result?.rounds ?? []).map((goal) => ({ bench, goal })),
  )
  const missed = goals.filter(({ goal }) => !goal.met)
  return [
    '# Results',
    '',
    'Written by `pnpm bench`, which replaces the sections of the benches that it ran. [README.md](README.md) says',
    'what each bench measures, and how. Figures are medians of rounds, with (least–most); the ratio of a goal is',
    'taken within each round.',
    '',
    '## Goals',
    '',
    `${goals.length - missed.length} of ${goals.length} are met.`,
    '',
    table(
      ['bench', 'goal', 'measured', 'met'].map((key) => ({ key, title: key })),
      goals.map(({ bench, goal }) => goalRow(bench, goal)),
    ),
    '',
    ...missed.flatMap(({ bench, goal }) =>
      goal.heldBackBy === undefined
        ? []
        : [`* **${bench.name}**: ${goal.goal}: ${goal.heldBackBy}`],
    ),
    ...sections.flatMap(section),
    '',
  ].join('\n')
}

function goalRow(bench: Bench, goal: GoalSummary): SummaryRow {
  const { measured, unit, digits = 2, met } = goal
  return {
    bench: `[${bench.name}](#${bench.name})`,
    goal: goal.goal,
    measured: `${withSpread(measured, digits)} ${unit}`,
    met: met ? 'yes' : `**no**, ${distance(goal)}`,
  }
}

/** How far a missed figure is from its goal. */
function distance({ measured, bound }: GoalSummary): string {
  const wanted = 'least' in bound ? bound.least : bound.most
  const share = (measured.median / wanted - 1) * 100
  return `${formatted(Math.abs(share), 0)} % ${share > 0 ? 'above' : 'below'}`
}

function section({ bench, result }: Section): string[] {
  const heading = ['', `## ${bench.name}`, '', bench.question, '']
  if (!result) return [...heading, `Not measured yet: \`pnpm bench ${bench.name}\`.`]
  return [
    ...heading,
    table(bench.columns, summarise(result.rounds)),
    '',
    ...(bench.charts ?? []).flatMap(({ name, title }) => [`![${title}](charts/${name}.svg)`, '']),
    ...(bench.notes ?? []).map((note) => `* ${note}`),
    ...(bench.notes ? [''] : []),
    circumstances(result.origin, result.rounds.length),
  ]
}

function circumstances(origin: Origin, rounds: number): string {
  const { at, commit, node, machine, medium, load } = origin
  const count = rounds === 1 ? 'one round' : `${rounds} rounds`
  return `${at}, commit ${commit}, Node ${node}, ${machine}, databases on a ${medium}, ${count}; load before: ${formatted(load, 1)}.`
}
