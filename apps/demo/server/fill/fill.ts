import type { Store } from '@caughtup/store'

import type { FillClient } from './fill-client.ts'
import { countPrompts, type PlannedSession } from './fill-plan.ts'
import { SessionFiller } from './session-filler.ts'

/** How far the filling of an empty database is: prompts answered, `done`, or `failed`. */
export type Filling = { done: number; total: number } | 'done' | 'failed'

export interface FillOptions {
  store: Store
  client: FillClient
  plan: readonly PlannedSession[]
  signal: AbortSignal
  /** Called for each session that is about to be filled. */
  onSession: (sessionId: string) => void
  onProgress: (filling: Filling) => void
}

/**
 * Fills an empty database with the planned sessions, by asking what they ask, one run at a time.
 *
 * All sessions are made first. So at a later start those that are there by their titles are what a
 * killed process left: they go on where they stopped, and none is made again. A caller who has
 * other sessions and none of these is left alone.
 */
export async function fill(options: FillOptions): Promise<void> {
  const { store, client, plan, signal, onSession, onProgress } = options
  const sessionIds = await findOrMake(client, plan)
  const fillers: SessionFiller[] = []
  for (const planned of plan) {
    const sessionId = sessionIds.get(planned.title)
    if (sessionId === undefined) continue
    onSession(sessionId)
    fillers.push(await SessionFiller.open({ store, client, sessionId, planned, signal }))
  }
  const total = countPrompts(plan.flatMap(({ steps }) => steps))
  let done = total - fillers.reduce((sum, { promptsLeft }) => sum + promptsLeft, 0)
  const onAsked = () => onProgress({ done: ++done, total })
  onProgress({ done, total })
  // The last prompt of each short session comes after the long session, which therefore is not
  // the newest of them.
  for (const filler of fillers) await filler.run({ left: 1, onAsked })
  for (const filler of fillers.toReversed()) await filler.run({ left: 0, onAsked })
  onProgress('done')
}

async function findOrMake(
  client: FillClient,
  plan: readonly PlannedSession[],
): Promise<ReadonlyMap<string, string>> {
  const found = new Map<string, string>()
  for (let cursor: string | null | undefined; cursor !== null;) {
    const page = await client.activity.list(cursor === undefined ? {} : { cursor })
    for (const { title, sessionId } of page.rows) found.set(title, sessionId)
    cursor = page.nextCursor
  }
  if (found.size > 0) return found
  const made = new Map<string, string>()
  for (const { title } of plan) made.set(title, (await client.sessions.create({ title })).id)
  return made
}
