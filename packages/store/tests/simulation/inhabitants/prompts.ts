import type { Incarnation } from '../world/host.ts'
import { type Prompt, Turn } from './turn.ts'
import type { World } from '../world/world.ts'

/** The most queued prompts of a session. */
const queueBelow = 3

/** Sends a prompt, which is answered if no run is active, and otherwise sometimes queued. */
export async function sendPrompt(world: World, at: Incarnation, sessionId: string): Promise<void> {
  const runId = world.name('run')
  const prompt = { sessionId, runId, messageId: `prompt-${runId}` }
  if (await new Turn(world, at, prompt).take({ is: 'idle' })) return
  if (world.random.chance(0.5)) await queue(world, at, prompt)
}

async function queue(
  world: World,
  { life, store }: Incarnation,
  { sessionId, ...prompt }: Prompt,
): Promise<void> {
  const parts = [{ type: 'text' as const, text: `prompt of ${prompt.runId}` }]
  const add = { kind: 'agent' as const, ...prompt, parts, queuedAt: life.now() }
  const drafts = [{ type: 'queue-changed', add } as const]
  const result = await store.append({ sessionId, drafts, guard: { is: 'enqueue', queueBelow } })
  if (!world.ledger.committed(life.name, sessionId, result)) return
  world.ledger.prompts.push({ sessionId, runId: prompt.runId })
  world.trace(prompt.runId, `waits in ${sessionId}`)
}
