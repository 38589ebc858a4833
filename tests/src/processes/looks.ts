import { appendFileSync, existsSync, readFileSync } from 'node:fs'

import { systemClock } from '@caughtup/schema/clock'
import type { Store } from '@caughtup/store'

/** A look of a server at the runs that are active, as a line of a file that all servers share. */
interface Look {
  server: number
  /** By the server's monotonic clock, in ms. */
  at: number
  /** Runs of other servers, each with its holder: the attempt, the process and the process's heartbeats. */
  runs: Record<string, string>
  /** It could not look, or do what follows from it. */
  failed?: true
}

/** The store of a server whose looks are noted in a file. */
export function notingLooks(store: Store, file: string): Store {
  return {
    ...store,
    async activeRuns(others) {
      try {
        const active = await store.activeRuns(others)
        const runs = active.flatMap(({ head: { run }, lease }) => {
          if (!run || !lease || lease.own) return []
          return [[run.id, `${run.attempt ?? 1} ${lease.process} ${lease.beats}`]]
        })
        note(file, { runs: Object.fromEntries(runs) })
        return active
      } catch (error) {
        noteFailure(file)
        throw error
      }
    },
  }
}

export function noteFailure(file: string): void {
  note(file, { runs: {}, failed: true })
}

function note(file: string, look: Pick<Look, 'runs' | 'failed'>): void {
  const noted: Look = { server: process.pid, at: systemClock.monotonic(), ...look }
  appendFileSync(file, `${JSON.stringify(noted)}\n`)
}

interface Sighting {
  holder: string
  since: number
  /** Looks that saw the same a lease later. */
  late: number
}

/**
 * Runs that a server left to a holder that had been dead for a lease: at most one more look may see one of which
 * it has seen no heartbeat for a lease. A server looks three times per lease, so that is within two leases. What it
 * saw before it could not look, or was late (suspended, for instance), does not count. Only looks of one server are
 * compared, by its own clock, so that a busy machine makes none overdue.
 */
export function overdueRuns(file: string, lease: number): { overdue: string[]; dead: string[] } {
  const lines = existsSync(file) ? readFileSync(file, 'utf8').trimEnd().split('\n') : []
  const looks: Look[] = lines.map((line) => JSON.parse(line))
  const overdue: string[] = []
  const dead = new Set<string>()
  for (const server of new Set(looks.map((look) => look.server))) {
    let before = -Infinity
    let seen = new Map<string, Sighting>()
    for (const { at, runs, failed } of looks.filter((each) => each.server === server)) {
      // It may have forgotten what it saw.
      if (failed || at - before > lease * (1 / 3 + 1 / 2)) seen = new Map()
      const sightings = Object.entries(runs).map(([run, holder]): [string, Sighting] => {
        const last = seen.get(run)
        const { since, late } = last?.holder === holder ? last : { since: at, late: 0 }
        return [run, { holder, since, late: at - since >= lease ? late + 1 : 0 }]
      })
      seen = new Map(sightings)
      for (const [run, { holder, late }] of seen) {
        if (late > 0) dead.add(run)
        if (late > 2) overdue.push(`server ${server}, run ${run} of ${holder}`)
      }
      before = at
    }
  }
  return { overdue, dead: [...dead] }
}
