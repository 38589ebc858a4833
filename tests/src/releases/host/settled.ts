import { setImmediate } from 'node:timers/promises'

import { CaughtupError } from '@caughtup/schema'

import type { Host } from './host.ts'

/** Resolves when nothing runs in a session but what waits, or was left by another process. */
export async function settled({ store }: Host, sessionId: string): Promise<void> {
  for (let [seq, calm] = [-1, 0]; calm < 5;) {
    await setImmediate()
    const state = await store.head(sessionId).catch((error: unknown) => {
      if (error instanceof CaughtupError && error.code === 'NOT_FOUND') return undefined
      throw error
    })
    if (!state) return
    const { head, cursor } = state
    const others = await leftRuns(store)
    const runs = head.run?.status === 'streaming' && !others.has(head.run.id)
    const isStarting = head.run === undefined && head.queue.length > 0
    calm = cursor.seq === seq && !runs && !isStarting ? calm + 1 : 0
    seq = cursor.seq
  }
}

async function leftRuns(store: Host['store']): Promise<Set<string | undefined>> {
  const active = await store.activeRuns()
  return new Set(active.flatMap(({ lease, head }) => (lease?.own ? [] : [head.run?.id])))
}

/** Resolves when nothing was committed in a session for a few turns of the event loop. */
export async function restOf({ store }: Host, sessionId: string): Promise<void> {
  for (let [seq, calm] = [-1, 0]; calm < 5;) {
    await setImmediate()
    const { head, cursor } = await store.head(sessionId)
    const isStarting = head.run === undefined && head.queue.length > 0
    calm = cursor.seq === seq && !isStarting ? calm + 1 : 0
    seq = cursor.seq
  }
}
