import assert from 'node:assert/strict'

import type { Event } from '@caughtup/schema'

import type { Ledger } from '../world/ledger.ts'

/** Every end and every wait of a run was told to the hooks, as it was committed. */
export function verifyHooks(
  { hooks }: Ledger,
  { sessionId, journal, floor }: { sessionId: string; journal: string; floor: number },
  events: readonly Event[],
): void {
  const expected = new Set<string>()
  for (const event of events) {
    const waits = event.type === 'run-changed' && event.status === 'waiting'
    if (event.type !== 'run-ended' && !waits) continue
    const id = `${journal}.${event.seq}`
    expected.add(id)
    const hook = hooks.get(id)
    const what = `${event.type} ${event.seq} of ${sessionId}`
    assert(hook, `${what} was not told to a hook.`)
    assert.deepEqual(
      [hook.sessionId, hook.runId, hook.kind],
      [sessionId, event.runId, waits ? 'run-waiting' : 'run-ended'],
      what,
    )
    if (event.type === 'run-ended' && hook.kind === 'run-ended') {
      assert.equal(hook.reason, event.reason, what)
    }
  }
  for (const id of hooks.keys()) {
    const [of, seq] = id.split('.')
    if (of !== journal || Number(seq) <= floor) continue
    assert(expected.has(id), `${sessionId}: a hook was called for ${seq}, which is no end or wait.`)
  }
}
