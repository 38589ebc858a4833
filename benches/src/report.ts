import { execFileSync } from 'node:child_process'
import { cpus, loadavg } from 'node:os'

import type { Column, Row } from './measure/bench.ts'
import type { Options } from './options.ts'
import type { Result } from './run-bench.ts'

/** The circumstances of the figures. */
export interface Origin {
  commit: string
  node: string
  machine: string
  at: string
  /** The load average of the minute before the benches. */
  load: number
  seconds: number
  messages: number
}

export function originOf(root: string, { quick, seconds, messages }: Options): Origin {
  const git = (...args: string[]) =>
    execFileSync('git', args, { cwd: root, encoding: 'utf8' }).trim()
  const changed = git('status', '--porcelain', '--', 'packages') !== ''
  const processors = cpus()
  return {
    commit: git('rev-parse', '--short', 'HEAD') + (changed ? ', with changes' : ''),
    node: process.version,
    machine: `${processors.length} × ${processors[0]?.model}${quick ? ', quick' : ''}`,
    at: new Date().toISOString().slice(0, 10),
    load: loadavg()[0] ?? 0,
    seconds,
    messages,
  }
}

/** A table of the goals, then the table of each bench. */
export function markdown(origin: Origin, results: readonly Result[]): string {
  const { commit, node, machine, at, load, seconds } = origin
  const goals = results.flatMap(({ bench, goals: reached }) =>
    reached.map(({ place, goal, measured, met }) => ({
      bench: bench.name,
      place,
      goal,
      measured,
      met: met ? 'yes' : '**no**',
    })),
  )
  const tables = results.map(({ bench, rows }) => {
    const columns = [{ key: 'place', title: 'on' }, ...bench.columns]
    return `### ${bench.name}\n\n${bench.question}\n\n${table(columns, rows)}`
  })
  const lines = [
    `Measured on ${at} at ${commit}; Node ${node}, ${machine}; ${seconds} s of streaming. The machine's load before was ${load.toFixed(1)}.`,
    ...(goals.length > 0 ? [table(goalColumns, goals)] : []),
    ...tables,
  ]
  return `${lines.join('\n\n')}\n`
}

const goalColumns = ['bench', 'place', 'goal', 'measured', 'met'].map((key) => ({
  key,
  title: key === 'place' ? 'on' : key,
}))

function table(columns: readonly Column[], rows: readonly Row[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`
  return [
    line(columns.map(({ title }) => title)),
    line(columns.map(({ key }) => (typeof rows[0]?.[key] === 'number' ? '---:' : '---'))),
    ...rows.map((row) => line(columns.map((column) => cell(column, row)))),
  ].join('\n')
}

function cell({ key, digits = 0 }: Column, row: Row): string {
  const value = row[key]
  if (typeof value !== 'number') return value ?? ''
  return value.toLocaleString('en', {
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
  })
}
