import assert from 'node:assert/strict'

import { CaughtupError, type EventDraft } from '@caughtup/schema'

import type { Machine, ModelSession } from './machine.ts'
import type { Expected } from './oracle/oracle-session.ts'
import type { HistoryAction } from './program.ts'
import { append } from './write-step.ts'

/** The most sessions of a program. */
const mostSessions = 4

export async function historyStep(
  machine: Machine,
  session: ModelSession,
  action: HistoryAction,
): Promise<void> {
  const { id, oracle, words } = session
  const { history } = machine.store
  switch (action.do) {
    case 'edit': {
      const target = picked(session, action.pick)
      const word = machine.name('word')
      const parts = [{ type: 'text' as const, text: `${word} ${action.text}` }]
      words.get(target)?.push(word)
      const expected = oracle.edit(target, parts)
      return changes(machine, session, history.edit(id, target, { parts }), expected)
    }
    case 'delete': {
      const target = picked(session, action.pick)
      const expected = oracle.delete(target)
      return changes(machine, session, history.delete(id, target), expected)
    }
    case 'erase': {
      const target = picked(session, action.pick)
      const expected = oracle.erase(target)
      await changes(machine, session, history.erase(id, [target]), expected)
      if (expected === 'done') session.erased.push(...(words.get(target) ?? []))
      return
    }
    case 'truncate': {
      const after = action.pick === undefined ? undefined : picked(session, action.pick)
      const expected = oracle.truncate(after)
      const options = after === undefined ? {} : { after }
      return changes(machine, session, history.truncate(id, options), expected)
    }
    case 'undo':
      return changes(machine, session, history.undo(id), oracle.undo())
    case 'redo':
      return changes(machine, session, history.redo(id), oracle.redo())
    case 'choose': {
      const target = hidden(session, action.pick)
      return changes(machine, session, history.choose(id, target), oracle.choose(target) ?? 'done')
    }
    case 'retry':
    case 'resend':
      return replace(machine, session, picked(session, action.pick), action.do)
    case 'fork':
      return fork(machine, session, picked(session, action.pick))
    case 'boundary':
      return boundary(machine, session, action.kind)
    case 'import':
      return importMessages(machine, session, action.count)
    case 'repeat': {
      const target = picked(session, action.pick)
      if (!oracle.ids.has(target)) return
      const draft: EventDraft = {
        type: 'message-created',
        message: message(machine, session, target),
      }
      return append(machine, session, { drafts: [draft] }, oracle.create(draft.message))
    }
  }
}

/** Mostly the id of a shown message; else one that exists or existed, or an unknown one. */
function picked({ oracle }: ModelSession, pick: number): string {
  const shown = pick < 16 ? oracle.messages[pick % oracle.messages.length] : undefined
  if (shown) return shown.id
  const ids = [...oracle.ids]
  return ids[pick % (ids.length + 1)] ?? 'nobody'
}

/** Mostly the first message of a hidden version. */
function hidden(session: ModelSession, pick: number): string {
  const ids = session.oracle.hiddenVersions()
  return (pick < 16 ? ids[pick % ids.length] : undefined) ?? picked(session, pick)
}

/** Hides what follows a message, or it as well, and writes another one there, in one commit. */
async function replace(
  machine: Machine,
  session: ModelSession,
  messageId: string,
  how: 'retry' | 'resend',
): Promise<void> {
  const { oracle } = session
  const keep = machine.store.limits.versionsPerPlace
  const place = how === 'retry' ? { after: messageId } : { before: messageId }
  const expected = oracle.keep(messageId, how === 'retry' ? 'after' : 'before')
  const created = message(machine, session, machine.name('instead'))
  const drafts: EventDraft[] = [
    { type: 'history-truncated', ...place, keep },
    { type: 'message-created', message: created },
  ]
  await append(machine, session, { drafts, guard: { is: 'no-active-run' } }, expected)
  if (expected === 'done') oracle.create(created)
  await machine.snapshot(session)
}

async function changes(
  machine: Machine,
  session: ModelSession,
  call: Promise<unknown>,
  expected: Expected,
): Promise<void> {
  assert.equal(await machine.until(outcome(call)), expected, `a change of ${session.id}`)
  // Later views start here if they cannot be folded from the journal alone.
  await machine.snapshot(session)
}

/** The outcome of a call, as the oracle names it. */
async function outcome(call: Promise<unknown>): Promise<string> {
  try {
    await call
    return 'done'
  } catch (error) {
    if (!(error instanceof CaughtupError)) throw error
    const { field, reason } = error.data
    if (reason === 'run-active') return 'guard-failed'
    return reason ?? (field === 'messageId' ? 'message-missing' : error.message)
  }
}

async function fork(machine: Machine, session: ModelSession, from: string): Promise<void> {
  if (machine.sessions.length >= mostSessions) return
  const { oracle } = session
  const last = oracle.find(from)
  const call = machine.store.history.fork(session.id, { from, owner: 'me' })
  if (last?.status !== 'done') {
    const expected = last ? 'message-open' : 'message-missing'
    assert.equal(await machine.until(outcome(call)), expected, `a fork of ${session.id}`)
    return
  }
  const forked = await machine.until(call)
  assert.equal(forked.messageId, from)
  const made = machine.add(forked.session.id, oracle.forkedAt(last.order))
  await machine.snapshot(made)
}

async function boundary(
  machine: Machine,
  session: ModelSession,
  kind: 'compaction' | 'reset',
): Promise<void> {
  const { oracle } = session
  // A boundary never falls inside an open message: compactions and resets are runs.
  if (session.draft) return
  const expected: Expected = oracle.runId === undefined ? 'done' : 'guard-failed'
  const draft = { type: 'boundary', kind, trigger: 'user' } as const
  if (kind === 'reset') {
    await append(machine, session, { drafts: [draft], guard: { is: 'no-active-run' } }, expected)
    if (expected === 'done') oracle.boundary()
    return
  }
  const plain = message(machine, session, machine.name('summary'))
  const metadata = {
    ...plain.metadata,
    boundary: { kind, trigger: draft.trigger },
    contextUsage: { tokens: oracle.lastOrder, estimated: true },
  }
  // It is not a turn that could be undone, whatever its role.
  const role = oracle.lastOrder % 2 === 0 ? ('system' as const) : ('user' as const)
  const summary = { ...plain, role, metadata }
  const drafts = [{ ...draft, summary }]
  await append(machine, session, { drafts, guard: { is: 'no-active-run' } }, expected)
  if (expected === 'done') oracle.boundary(summary)
}

async function importMessages(
  machine: Machine,
  session: ModelSession,
  count: number,
): Promise<void> {
  const { oracle } = session
  const expected: Expected = oracle.runId === undefined ? 'done' : 'guard-failed'
  const messages = Array.from({ length: count }, () =>
    message(machine, session, machine.name('imported')),
  )
  const drafts = [{ type: 'imported', messages, identities: [] } as const]
  await append(machine, session, { drafts, guard: { is: 'no-active-run' } }, expected)
  if (expected !== 'done') return
  for (const each of messages) oracle.create(each)
  await machine.snapshot(session)
}

/** A finished prompt with a unique word. */
function message(machine: Machine, { words }: ModelSession, id: string) {
  const word = machine.name('word')
  words.set(id, [...(words.get(id) ?? []), word])
  return {
    id,
    role: 'user' as const,
    parts: [{ type: 'text' as const, text: word }],
    metadata: { createdAt: machine.clock.now() },
    status: 'done' as const,
  }
}
