import { editHistory } from './editor.ts'
import { callHooks } from './hook-caller.ts'
import type { Incarnation } from '../world/host.ts'
import { sendPrompt } from '../agents/prompts.ts'
import { heartbeat, watch } from './watch.ts'
import type { StoreUpdate } from '../../../src/follow/store-update.ts'
import type { World } from '../world/world.ts'

/** Starts the work of a process: heartbeats, agents, editors, and readers of `store.updates`. */
export function inhabit(world: World, at: Incarnation): void {
  const { life } = at
  const { random } = world
  const dies = () => world.silences.set(life.name, Number.POSITIVE_INFINITY)
  life.killed.addEventListener('abort', dies, { once: true })
  world.spawn(life, heartbeat(world, at))
  world.spawn(life, watch(world, at))
  world.spawn(life, callHooks(world, at))
  for (let agents = random.between(1, 2); agents > 0; agents--) {
    world.spawn(life, sendPrompts(world, at))
  }
  for (let editors = random.between(0, 2); editors > 0; editors--) {
    world.spawn(life, editHistory(world, at))
  }
  for (let readers = random.between(0, 2); readers > 0; readers--) {
    world.spawn(life, readUpdates(world, at))
  }
}

/** Sends prompts, one after the other, to random sessions. */
async function sendPrompts(world: World, at: Incarnation): Promise<void> {
  for (;;) {
    await world.rest(at.life, 0, 300)
    if (world.calm) return
    await sendPrompt(world, at, world.random.pick(world.sessions))
  }
}

/** Reads `store.updates` at its own pace, or not at all. */
async function readUpdates(world: World, { life, store }: Incarnation): Promise<void> {
  const pace = world.random.pick([0, 20, 500, 1e9])
  const revisions = new Map<string, number>()
  for await (const update of store.updates.subscribe()) {
    // Forks keep ids.
    const key = (id: string) => `${update.sessionId} ${id}`
    if (update.type === 'message') {
      const { id, revision } = update.message
      const before = revisions.get(key(id)) ?? 0
      if (revision <= before) {
        throw new Error(`${key(id)} was published at ${revision} after ${before}.`)
      }
      revisions.set(key(id), revision)
    } else {
      for (const id of removedFor(update, revisions)) revisions.set(key(id), Infinity)
    }
    if (pace > 0) await world.rest(life, 0, pace)
  }
}

/** Messages about which no update may follow. */
function removedFor(update: StoreUpdate, known: ReadonlyMap<string, number>): readonly string[] {
  if (update.type === 'message-deleted') return [update.messageId]
  if (update.type === 'message-erased') return update.messageIds
  if (update.type !== 'session-deleted') return []
  return [...known.keys()].flatMap((key) => {
    const [sessionId, id] = key.split(' ')
    return sessionId === update.sessionId && id !== undefined ? [id] : []
  })
}
