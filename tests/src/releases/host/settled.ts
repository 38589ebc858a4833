import { setTimeout } from 'node:timers/promises'

import { CaughtupError } from '@caughtup/schema'

import type { Host } from './host.ts'

/** Between two looks, in ms. */
const look = 2
/** A session that is the same at so many looks rests. */
const calmLooks = 5
/** In ms. */
const patience = 20_000

/** Resolves when nothing was committed in a session for a moment. */
export async function restOf({ store }: Host, sessionId: string): Promise<void> {
  let [seq, looks] = [-1, 0]
  await until(async () => {
    const { head, cursor } = await store.head(sessionId)
    const isStarting = head.run === undefined && head.queue.length > 0
    looks = cursor.seq === seq && !isStarting ? looks + 1 : 0
    seq = cursor.seq
    return looks >= calmLooks
  }, `The session ${sessionId} never rests.`)
}

/** Resolves when a session is gone, or nothing runs in it but what waits, or was left by another process. */
export async function settled(host: Host, sessionId: string): Promise<void> {
  await until(async () => {
    const head = await headOf(host, sessionId)
    if (!head?.run) return !head || head.queue.length === 0
    return head.run.status === 'waiting' || !(await isOwn(host, head.run.id))
  }, `The session ${sessionId} goes on.`)
}

/** Resolves when a run has ended, or waits. */
export async function over(host: Host, sessionId: string, runId: string): Promise<void> {
  await until(async () => {
    const run = (await headOf(host, sessionId))?.run
    return run?.id !== runId || run.status === 'waiting'
  }, `The run ${runId} goes on.`)
}

/** Looks again and again. */
export async function until(
  isSo: () => boolean | Promise<boolean>,
  otherwise: string,
): Promise<void> {
  for (const start = performance.now(); !(await isSo());) {
    if (performance.now() - start > patience) throw new Error(otherwise)
    await setTimeout(look)
  }
}

async function headOf({ store }: Host, sessionId: string) {
  try {
    return (await store.head(sessionId)).head
  } catch (error) {
    if (error instanceof CaughtupError && error.code === 'NOT_FOUND') return undefined
    throw error
  }
}

async function isOwn({ store }: Host, runId: string): Promise<boolean> {
  const active = await store.activeRuns()
  return active.some(({ lease, head }) => head.run?.id === runId && lease?.own === true)
}
