import type { ActivityRow } from '@caughtup/schema'

import { everything, rowOf } from '../../src/conformance/support/reads.ts'
import type { FoundPrompt } from '../../src/port/reading.ts'
import type { ListQuery } from '../../src/port/sessions.ts'
import type { Storage } from '../../src/port/storage.ts'
import { principals } from '../differential/call.ts'
import { type Names, sessionIds } from '../differential/names.ts'
import { plain } from '../differential/outcome.ts'
import { idlePages } from '../differential/read-lists.ts'
import { byOwner, pages } from '../differential/reads.ts'

/**
 * What a database tells of its sessions by every read of the port, but for what is its own: positions in
 * feeds, keys, and which process leads a run or makes a call.
 */
export async function image(storage: Storage, names: Names): Promise<unknown> {
  const sessions: Record<string, unknown> = {}
  for (const id of sessionIds) {
    if (await storage.session(id)) sessions[id] = await sessionImage(storage, id, names)
  }
  const lists: Record<string, unknown> = {}
  for (const principal of principals) lists[principal] = await listImage(storage, principal)
  const active = (await storage.activeRuns()).map(({ lease: _, ...run }) => run)
  for (const { process } of await storage.owed.holders()) await storage.owed.take(process)
  const owed = await storage.owed.list(1_000)
  return plain({
    sessions,
    lists,
    idle: await idlePages(storage, 3),
    active: active.toSorted((a, b) => (a.sessionId < b.sessionId ? -1 : 1)),
    owed: owed.toSorted((a, b) => (a.hook.id < b.hook.id ? -1 : 1)),
  })
}

async function sessionImage(storage: Storage, id: string, names: Names) {
  const messageIds = names.messages(id)
  const rows = []
  for (const principal of principals) {
    rows.push(told(await rowOf(storage, principal, id)), await storage.session(id, principal))
  }
  const versions = []
  for (const messageId of messageIds) versions.push(await storage.versions(id, messageId))
  const { activity: _, ...read } = await everything(storage, id)
  return {
    ...read,
    floor: (await storage.state(id)).floor,
    rows,
    versions,
    members: byOwner(await storage.members(id)),
    // In an order of their own.
    ledgers: Object.fromEntries(await storage.ledgers(id, { from: 0, upTo: 99 })),
    names: await storage.lookup(id, {
      identities: ['i0', 'i1', 'i2', 'i3', 'none'],
      messageIds: [...messageIds, 'nothing'],
    }),
  }
}

async function listImage(storage: Storage, principal: string) {
  const listed = await pages((query: ListQuery) => storage.sessions(principal, query), 2)
  const { rows } = await storage.activity(principal, { by: 'recency', limit: 100 })
  const { prompts } = await storage.prompts({ author: principal, limit: 100, bytes: Infinity })
  return {
    listed,
    rows: rows.map(told),
    found: await storage.search({ text: 'hello', in: { principal }, limit: 100 }),
    // Those of the same ms are in the order of keys.
    prompts: prompts.toSorted((a, b) => (place(a) < place(b) ? -1 : 1)),
  }
}

function told(row: ActivityRow | undefined) {
  return row && { ...row, revision: undefined }
}

function place({ sessionId, message }: FoundPrompt): string {
  return `${sessionId} ${message.id}`
}
