import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

import type { Bench, Row } from './measure/bench.ts'
import type { Options } from './options.ts'

const child = fileURLToPath(new URL('run-case.ts', import.meta.url))
const defaultRounds = 3

/**
 * Measures every case of a bench, one after another and each in a process of its own, as often as there
 * are rounds: A B C, A B C. Returns the rows of each round.
 */
export async function runBench(
  bench: Bench,
  options: Options,
  progress: (line: string) => void = () => undefined,
): Promise<Row[][]> {
  const count = options.rounds ?? bench.rounds ?? defaultRounds
  const rounds: Row[][] = []
  for (let round = 1; round <= count; round++) {
    const rows: Row[] = []
    for (const [index, { title }] of bench.cases(options).entries()) {
      progress(`${bench.name}, round ${round} of ${count}: ${title}`)
      rows.push(...(await runCase(bench.name, index, options)))
    }
    rounds.push(bench.compare?.(rows) ?? rows)
  }
  return rounds
}

async function runCase(name: string, index: number, options: Options): Promise<Row[]> {
  const folder = await mkdtemp(path.join(options.on, 'caughtup-bench-'))
  try {
    const profile = ['--seconds', String(options.seconds), ...(options.smoke ? ['--smoke'] : [])]
    const args = ['--expose-gc', child, name, String(index), folder, ...profile]
    // As a server and a page are shipped, also where a test runs the bench.
    const env = { ...process.env, NODE_ENV: 'production' }
    const { stdout, stderr } = await promisify(execFile)(process.execPath, args, { env })
    process.stderr.write(stderr)
    const rows: Row[] = JSON.parse(stdout)
    return rows
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}
