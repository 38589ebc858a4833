import assert from 'node:assert/strict'

import type { Event } from '@caughtup/schema'

import { lease, type World } from '../world/world.ts'

/** How many ms of a process's silence may be delays of the database. */
const slack = 150

/** The active run, as the journal tells of it. */
interface Running {
  id: string
  waits: boolean
  attempt: number
  /** The seq at which its process began to execute it. */
  since: number
}

/**
 * Runs start and end in turns, each once; they wait and go on in turns; and they are lost or continued
 * only if their process was silent.
 */
export function verifyRuns(world: World, sessionId: string, events: readonly Event[]): void {
  let running: Running | undefined
  const started = new Set<string>()
  for (const event of events) {
    if (event.type === 'run-started') {
      const { id } = event.run
      assert(!running, `${sessionId}: ${id} starts while another runs.`)
      assert(!started.has(id), `${sessionId}: ${id} starts twice.`)
      started.add(id)
      running = { id, waits: false, attempt: 1, since: event.seq }
    } else if (event.type === 'run-changed') {
      const { status, attempt, seq } = event
      const waits = status === 'waiting'
      assert(running?.id === event.runId, `${sessionId}: ${event.runId} changes and does not run.`)
      if (attempt === undefined) assert(running.waits !== waits, `${event.runId} changes.`)
      else {
        assert.equal(attempt, running.attempt + 1, `${event.runId}: attempts follow each other.`)
        verifySilence(world, sessionId, running)
      }
      running = { ...running, waits, attempt: attempt ?? running.attempt, since: seq }
    } else if (event.type === 'run-ended') {
      assert(running?.id === event.runId, `${sessionId}: ${event.runId} ends and does not run.`)
      if (event.reason === 'lost') verifySilence(world, sessionId, running)
      running = undefined
    } else if (event.type === 'message-created' || event.type === 'message-finished') {
      const { runId = running?.id } = event
      assert.equal(
        runId,
        running?.id,
        `${sessionId}: ${runId} is over, and goes on at ${event.seq}.`,
      )
    }
  }
  assert(!running, `${sessionId}: ${running?.id} never ends.`)
}

/** The process of a run that is presumed dead was silent. */
function verifySilence(
  { ledger, silences }: World,
  sessionId: string,
  { id, waits, since }: Running,
): void {
  assert(!waits, `${id} waits for a person, and is lost.`)
  // A process that died before it could report its run is unknown.
  const holder = ledger.holders.get(`${sessionId} ${since}`)
  if (holder === undefined) return
  const silence = silences.get(holder) ?? 0
  assert(silence >= lease - slack, `${id} is lost, and ${holder} lived.`)
}
