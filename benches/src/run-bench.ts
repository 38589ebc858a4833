import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

import type { Bench, Goal, Profile, Row } from './measure/bench.ts'
import type { Place } from './place.ts'

export interface Result {
  bench: Bench
  rows: Row[]
  goals: (Goal & { place: string })[]
}

const child = fileURLToPath(new URL('run-case.ts', import.meta.url))

/** Runs every case of a bench at every place, one after another, each in a process of its own. */
export async function runBench(
  bench: Bench,
  profile: Profile,
  places: readonly Place[],
  progress: (line: string) => void = () => undefined,
): Promise<Result> {
  const result: Result = { bench, rows: [], goals: [] }
  for (const place of bench.onDisk ? places : places.slice(0, 1)) {
    const measured: Row[] = []
    for (const [index, { title }] of bench.cases(profile).entries()) {
      progress(`${bench.name}, ${place.name}: ${title}`)
      const rows = await runCase(bench.name, index, profile, place.folder)
      measured.push(...rows.map((row) => ({ place: place.name, ...row })))
    }
    const rows = bench.compare?.(measured) ?? measured
    result.rows.push(...rows)
    result.goals.push(...bench.goals(rows).map((goal) => ({ place: place.name, ...goal })))
  }
  return result
}

async function runCase(
  name: string,
  index: number,
  { quick, seconds, messages }: Profile,
  parent: string,
): Promise<Row[]> {
  const folder = await mkdtemp(path.join(parent, 'caughtup-bench-'))
  try {
    const profile = ['--seconds', String(seconds), '--messages', String(messages)]
    if (quick) profile.push('--quick')
    const args = ['--expose-gc', child, name, String(index), folder, ...profile]
    const { stdout } = await promisify(execFile)(process.execPath, args)
    const rows: Row[] = JSON.parse(stdout)
    return rows
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}
