import type { Store } from '@caughtup/store'

import type { FillClient } from './fill-client.ts'
import { countPrompts, type PlannedSession } from './fill-plan.ts'
import { SessionFiller } from './session-filler.ts'

/** Progress of the filling of an empty database, in answered prompts. */
export type Filling = { done: number; total: number } | 'done' | 'failed'

export interface FillOptions {
  store: Store
  client: FillClient
  plan: readonly PlannedSession[]
  signal: AbortSignal
  /** Called for each session before it is filled. */
  onSession: (sessionId: string) => void
  onProgress: (filling: Filling) => void
}

/**
 * Fills an empty database with the planned sessions, one run at a time.
 *
 * It creates all sessions first: a start after a kill finds them by their titles and resumes each
 * one where it stopped. A principal with other sessions gets none of these.
 */
export async function fill(options: FillOptions): Promise<void> {
  const { store, client, plan, signal, onSession, onProgress } = options
  const sessionIds = await findOrCreate(client, plan)
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
  // The last prompts go in reverse order, that of the long session first, so that the long session
  // is not the newest in the list.
  for (const filler of fillers) await filler.run({ left: 1, onAsked })
  for (const filler of fillers.toReversed()) await filler.run({ left: 0, onAsked })
  onProgress('done')
}

async function findOrCreate(
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
  const created = new Map<string, string>()
  for (const { title } of plan) created.set(title, (await client.sessions.create({ title })).id)
  return created
}
