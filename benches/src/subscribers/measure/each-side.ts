import { spawnSync } from 'node:child_process'

import type { Row } from '../../measure/bench.ts'
import { installPeers, peers } from '../sides/peers.ts'
import type { Side } from '../sides/sides.ts'
import { type ClientProcess, type SideProcess, startClients, startSide } from './processes.ts'

/** A side that runs, and a process for its subscribers. */
export interface Turn {
  side: Side
  server: SideProcess
  clients: ClientProcess
}

/** How long one side may take, in ms. */
const longest = 90_000

/**
 * Measures one side after another, each in fresh processes. A peer that fails has a row without figures: its
 * reason goes to stderr. One of ours must not fail.
 *
 * @param what the same for every side
 */
export async function eachSide(
  sides: readonly Side[],
  { folder, what = {} }: { folder: string; what?: Row },
  measure: (turn: Turn) => Promise<Row>,
): Promise<Row[]> {
  if (sides.some(isPeer)) installPeers()
  const rows: Row[] = []
  for (const side of sides) {
    const { name, keeps, needs } = side
    const row = { ...what, side: name, keeps }
    if (needs !== undefined && spawnSync(needs, ['--version']).error) {
      process.stderr.write(`Skipped ${name}: this machine has no ${needs}.\n`)
      rows.push({ ...row, side: `${name} (no ${needs} here)` })
      continue
    }
    try {
      rows.push({ ...row, ...(await measureSide(side, folder, measure)) })
    } catch (error) {
      if (!isPeer(side)) throw error
      process.stderr.write(`${name} failed: ${String(error)}\n`)
      rows.push(row)
    }
  }
  return rows
}

async function measureSide(
  side: Side,
  folder: string,
  measure: (turn: Turn) => Promise<Row>,
): Promise<Row> {
  await using server = await startSide(side, folder)
  await using clients = startClients()
  const late = Promise.withResolvers<never>()
  const timer = setTimeout(() => {
    late.reject(new Error(`${side.name} took more than ${longest / 1000} s`))
  }, longest)
  try {
    return await Promise.race([measure({ side, server, clients }), late.promise])
  } finally {
    clearTimeout(timer)
  }
}

function isPeer(side: Side): boolean {
  return peers.includes(side)
}
