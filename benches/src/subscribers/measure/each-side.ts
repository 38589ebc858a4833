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

/**
 * Measures one side after another, each in fresh processes. A peer that fails has a row without figures: its
 * reason goes to stderr. One of ours must not fail.
 */
export async function eachSide(
  sides: readonly Side[],
  folder: string,
  measure: (turn: Turn) => Promise<Row>,
): Promise<Row[]> {
  if (sides.some(isPeer)) installPeers()
  const rows: Row[] = []
  for (const side of sides) {
    const { name, keeps, needs } = side
    if (needs !== undefined && spawnSync(needs, ['--version']).error) {
      process.stderr.write(`Skipped ${name}: this machine has no ${needs}.\n`)
      rows.push({ side: `${name} (no ${needs} here)`, keeps })
      continue
    }
    try {
      rows.push({ side: name, keeps, ...(await measureSide(side, folder, measure)) })
    } catch (error) {
      if (!isPeer(side)) throw error
      process.stderr.write(`${name} failed: ${String(error)}\n`)
      rows.push({ side: name, keeps })
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
  return await measure({ side, server, clients })
}

function isPeer(side: Side): boolean {
  return peers.includes(side)
}
