import type { EventDraft, Part } from '@caughtup/schema'
import { isAwaited } from '@caughtup/schema/fold'

import type { ActiveRun } from '../../../src/port/sessions.ts'
import type { Incarnation } from '../world/host.ts'
import type { World } from '../world/world.ts'
import { openAnswer } from './answers.ts'
import { goOn, isAsStates } from './turn.ts'

/** Continues a run whose process is presumed dead, if it can be, and else ends it. */
export async function takeLost(world: World, at: Incarnation, lost: ActiveRun): Promise<void> {
  if (world.random.chance(0.2) || !(await continueLost(world, at, lost))) {
    await endOrphaned(world, at, lost, 'lost')
  }
}

/** Returns whether it goes on, or another process was quicker. */
async function continueLost(
  world: World,
  at: Incarnation,
  { sessionId, head, open }: ActiveRun,
): Promise<boolean> {
  const { run, seq } = head
  const message = run && openAnswer(open, run.id)
  if (!run || !message || isAsStates(run.id)) return false
  const { id: runId, attempt = 1 } = run
  const parts = message.parts.map(withoutLost)
  const ops = parts.flatMap((value, part) =>
    value === message.parts[part] ? [] : [{ op: 'put' as const, part, value }],
  )
  const waits = parts.some(isAwaited)
  const status = waits ? ('waiting' as const) : ('streaming' as const)
  const drafts: EventDraft[] = [
    ...(ops.length > 0 ? [{ type: 'message-delta' as const, messageId: message.id, ops }] : []),
    { type: 'run-changed', runId, status, attempt: attempt + 1 },
  ]
  const guard = { is: 'run', runId, attempt, seq } as const
  const execution = { sessionId, runId, attempt: attempt + 1 }
  const answer = { ...message, parts }
  const going = goOn(world, at, execution, { drafts, guard, answer, waits }, (isTaken) => {
    if (isTaken) world.count(waits ? 'waits after a loss' : 'continued after a loss')
  })
  world.spawn(at.life, going)
  return true
}

/** A call that was being made has failed; one to be approved still waits. */
function withoutLost(part: Part): Part {
  if (part.type !== 'dynamic-tool' || part.state !== 'input-available') return part
  return { ...part, state: 'output-error', errorText: 'lost' }
}

/** Ends a run that another process executes, or that no living process does. */
export async function endOrphaned(
  world: World,
  { life, store }: Incarnation,
  { sessionId, head, open }: Pick<ActiveRun, 'sessionId' | 'head' | 'open'>,
  reason: 'lost' | 'interrupted',
): Promise<void> {
  const runId = head.run?.id
  if (runId === undefined) return
  const drafts = open
    .filter(({ metadata }) => metadata.runId === runId)
    .map(({ id }): EventDraft => ({ type: 'message-finished', runId, messageId: id, reason }))
  const result = await store.append({
    sessionId,
    drafts: [...drafts, { type: 'run-ended', runId, reason }],
    guard: { is: 'run', runId, ...(reason === 'lost' && { seq: head.seq }) },
  })
  const ended = world.ledger.committed(life.name, sessionId, result)
  if (ended) world.count(reason === 'lost' ? 'ended as lost' : 'interrupted')
  world.trace(life.name, `${ended ? 'ends' : 'does not end'} ${runId} as ${reason}`)
}
