import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'

import type { Bench, Row } from '../measure/bench.ts'
import type { Origin } from './origin.ts'

/** What a bench measured: a run of some benches keeps what the others measured before. */
export interface Result {
  origin: Origin
  rounds: Row[][]
}

/** The result of the bench's last run, if it ever ran. */
export function readResult(folder: string, { name }: Bench): Result | undefined {
  try {
    return JSON.parse(readFileSync(fileOf(folder, name), 'utf8'))
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    throw error
  }
}

export function writeResult(folder: string, { name }: Bench, { origin, rounds }: Result): void {
  mkdirSync(folder, { recursive: true })
  const lines = rounds.map((rows) => `[\n${rows.map((row) => JSON.stringify(row)).join(',\n')}\n]`)
  const text = `{"origin": ${JSON.stringify(origin)},\n"rounds": [${lines.join(', ')}]}\n`
  writeFileSync(fileOf(folder, name), text)
}

function fileOf(folder: string, name: string): string {
  return path.join(folder, `${name}.json`)
}
