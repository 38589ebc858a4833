import type { QueuedRun } from '@caughtup/schema'

import type { Incarnation } from '../world/host.ts'
import { guests, owner } from '../world/membership.ts'
import type { World } from '../world/world.ts'
import { readHead } from './read-head.ts'
import { newRunId, type Prompt, takePrompt } from './turn.ts'

/** The most queued prompts of a session. */
const queueBelow = 4

type QueuedPrompt = Extract<QueuedRun, { kind: 'agent' }>

/** Sends a prompt, which is answered if no run is active, and otherwise sometimes queued. */
export async function sendPrompt(world: World, at: Incarnation, sessionId: string): Promise<void> {
  const runId = newRunId(world)
  const author = world.random.pick([owner, ...guests])
  const parts = [{ type: 'text' as const, text: `prompt of ${runId}` }]
  const prompt = { sessionId, runId, messageId: `prompt-${runId}`, author, parts }
  if (await takePrompt(world, at, prompt, { is: 'idle' })) return
  if (world.random.chance(0.7)) await queue(world, at, prompt)
}

/** Some think better of it while it waits. */
async function queue(
  world: World,
  at: Incarnation,
  { sessionId, ...prompt }: Prompt,
): Promise<void> {
  const { life, store } = at
  const steer = world.random.chance(0.5) && { steer: true as const }
  const add = { kind: 'agent' as const, ...prompt, ...steer, queuedAt: life.now() }
  const drafts = [{ type: 'queue-changed', add } as const]
  const result = await store.append({ sessionId, drafts, guard: { is: 'enqueue', queueBelow } })
  if (!world.ledger.committed(life.name, sessionId, result)) return
  const { runId, author } = prompt
  world.ledger.prompts.push({ sessionId, runId, author })
  world.trace(runId, `${steer ? 'is offered' : 'waits'} in ${sessionId}`)
  if (world.random.chance(0.5)) return
  await world.rest(life, 0, 100)
  await changeQueued(world, at, sessionId)
}

/** Starts the first run of a queue, as it was when the session was at `seq`. */
export async function takeNext(
  world: World,
  at: Incarnation,
  { sessionId, next, seq }: { sessionId: string; next: QueuedPrompt; seq: number },
): Promise<void> {
  const { runId, messageId, author = '', parts } = next
  const prompt = { sessionId, runId, messageId, author, parts }
  await takePrompt(world, at, prompt, { is: 'next-in-queue', runId, seq })
}

/** Edits a prompt that waits, or takes it back. */
export async function changeQueued(
  world: World,
  at: Incarnation,
  sessionId: string,
): Promise<void> {
  const { life, store } = at
  const { random, ledger } = world
  const { head } = (await readHead(world, at, sessionId)) ?? {}
  const waiting = (head?.queue ?? []).flatMap((each) => (each.kind === 'agent' ? each : []))
  if (waiting.length === 0) return
  const prompt = random.pick(waiting)
  const { runId } = prompt
  const guard = { is: 'queued', runId } as const
  if (random.chance(0.6)) {
    const replace = { ...prompt, parts: [{ type: 'text' as const, text: world.name('better') }] }
    const drafts = [{ type: 'queue-changed', replace } as const]
    const result = await store.append({ sessionId, drafts, guard })
    if (ledger.committed(life.name, sessionId, result)) world.count('queued prompt edited')
    return
  }
  // Whether it was, nobody knows if this process is killed.
  ledger.takenBack.add(runId)
  const drafts = [{ type: 'queue-changed', remove: runId } as const]
  const result = await store.append({ sessionId, drafts, guard })
  if (ledger.committed(life.name, sessionId, result)) world.count('queued prompt taken back')
}
