import {
  CaughtupError,
  type Event,
  type EventDraft,
  type Message,
  type MessageDraft,
} from '@caughtup/schema'

import type { ImportedRow } from '../../../src/import/imported-row.ts'
import { StorageError } from '../../../src/port/storage-error.ts'
import type { Incarnation } from '../world/host.ts'
import { endOrphaned } from '../agents/lost-runs.ts'
import { changeMembers } from './members.ts'
import { changeQueued, sendPrompt } from '../agents/prompts.ts'
import type { World } from '../world/world.ts'

/** The most sessions that forks may create. */
const mostSessions = 5

const changes = {
  edit: 3,
  delete: 2,
  erase: 1,
  truncate: 1,
  undo: 3,
  redo: 3,
  choose: 4,
  retry: 3,
  boundary: 2,
  reconcile: 2,
  fork: 1,
  interrupt: 2,
  queued: 4,
  members: 4,
  remove: 0.2,
}

/** An editor that changes history and makes forks, as far as the session allows. */
export async function editHistory(world: World, at: Incarnation): Promise<void> {
  const { random } = world
  for (;;) {
    await world.rest(at.life, 0, 500)
    if (world.calm) return
    const sessionId = random.pick(world.sessions)
    const what = random.weighted(changes)
    try {
      const { messages } = await world.persist(at.life, () => at.store.window(sessionId))
      if (world.calm) return
      const message = messages.length > 0 ? random.pick(messages) : undefined
      const changing = change(world, at, sessionId, { what, message })
      // A prompt at the same moment is in the same commit.
      if (random.chance(0.3)) world.spawn(at.life, sendPrompt(world, at, sessionId))
      await changing
    } catch (error) {
      const isCaught = error instanceof CaughtupError && error.code !== 'BAD_INPUT'
      if (!isCaught && !(error instanceof StorageError)) throw error
      world.trace(at.life.name, () => `cannot ${what} in ${sessionId}: ${error.message}`)
    }
  }
}

async function change(
  world: World,
  at: Incarnation,
  sessionId: string,
  { what, message }: { what: keyof typeof changes; message: Message | undefined },
): Promise<void> {
  const { life, store } = at
  const { history } = store
  const done = (event: Event) => {
    world.trace(life.name, () => `${event.type} ${event.seq} in ${sessionId}`)
    world.ledger.changed(life.name, sessionId, event)
  }
  switch (what) {
    case 'edit': {
      const parts = [{ type: 'text' as const, text: world.name('edit') }]
      if (message) done(await history.edit(sessionId, message.id, { parts }))
      return
    }
    case 'delete':
      if (message) done(await history.delete(sessionId, message.id))
      return
    case 'erase':
      if (message) done(await history.erase(sessionId, [message.id]))
      return
    case 'truncate':
      done(await history.truncate(sessionId, message ? { after: message.id } : {}))
      return
    case 'undo':
      return done(await history.undo(sessionId))
    case 'redo':
      return done(await history.redo(sessionId))
    case 'choose': {
      const versions = message ? await history.versions(sessionId, message.id) : []
      const hidden = versions.filter(({ shown }) => !shown)
      if (hidden.length === 0) return
      const event = await history.choose(sessionId, world.random.pick(hidden).message.id)
      if (event) done(event)
      return
    }
    case 'retry': {
      if (!message) return
      const keep = store.limits.versionsPerPlace
      const place = world.random.chance(0.5) ? { after: message.id } : { before: message.id }
      const drafts: EventDraft[] = [
        { type: 'history-truncated', ...place, keep },
        { type: 'message-created', message: newMessage(world, life.now(), 'assistant') },
      ]
      const result = await store.append({ sessionId, drafts, guard: { is: 'no-active-run' } })
      world.ledger.committed(life.name, sessionId, result)
      return
    }
    case 'boundary': {
      const kind = world.random.chance(0.5) ? 'compaction' : 'reset'
      const draft = { type: 'boundary', kind, trigger: 'user' } as const
      const summary = newMessage(world, life.now(), 'system')
      const drafts = [kind === 'reset' ? draft : { ...draft, summary }]
      const result = await store.append({ sessionId, drafts, guard: { is: 'no-active-run' } })
      world.ledger.committed(life.name, sessionId, result)
      return
    }
    case 'reconcile': {
      const rows = world.foreign.get(sessionId) ?? []
      world.foreign.set(sessionId, rows)
      rows.push(...newRows(world, life.now()))
      const { added } = await store.reconcile(sessionId, [...rows])
      world.trace(life.name, `reconciles ${rows.length} rows with ${sessionId}: ${added} are new`)
      return
    }
    case 'fork': {
      if (!message || world.sessions.length >= mostSessions) return
      const fork = await history.fork(sessionId, { from: message.id, owner: 'me' })
      world.trace(life.name, `forked ${sessionId} after ${message.id}`)
      return world.opened(fork.session.id)
    }
    case 'interrupt': {
      const state = await world.persist(life, () => store.head(sessionId))
      return endOrphaned(world, at, { sessionId, ...state }, 'interrupted')
    }
    case 'queued':
      return changeQueued(world, at, sessionId)
    case 'members':
      return changeMembers(world, at, sessionId)
    case 'remove': {
      if (world.sessions.length === 1) return
      world.trace(life.name, `deletes ${sessionId}`)
      world.removed(sessionId)
      await store.sessions.delete(sessionId)
    }
  }
}

function newMessage(world: World, createdAt: number, role: 'system' | 'assistant'): MessageDraft {
  const id = world.name(role === 'system' ? 'summary' : 'retried')
  const parts = [{ type: 'text' as const, text: id }]
  return { id, role, parts, metadata: { createdAt }, status: 'done' }
}

/** New rows of a growing transcript, some without ids. */
function newRows(world: World, createdAt: number): ImportedRow[] {
  const { random } = world
  return Array.from({ length: random.between(0, 2) }, () => {
    const text = world.name('foreign')
    const row = { role: 'user' as const, parts: [{ type: 'text' as const, text }], createdAt }
    return random.chance(0.5) ? { ...row, id: text } : row
  })
}
