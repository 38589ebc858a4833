import { isDeepStrictEqual } from 'node:util'

import { CaughtupError } from '@caughtup/schema'
import { changesActivity } from '@caughtup/schema/event'

import { decide, type Decision } from '../../../core/decide.ts'
import { runAsync } from '../../../core/lookups.ts'
import { owedBy } from '../../../core/owed.ts'
import type { CommitOptions, Slice, SliceResult } from '../../../port/commit.ts'
import type { OwedHook } from '../../../port/owed.ts'
import { StorageError } from '../../../port/storage-error.ts'
import { deepFreeze } from './deep-freeze.ts'
import { appendedRow, OpenSession } from './open-session.ts'
import type { AppendedRow, OwedRow, WrittenRow } from '../tables/rows.ts'
import type { LoadedSession, SessionStates } from './session-states.ts'
import type { SessionAsk, Tables, Transaction } from '../tables/tables.ts'

/** How often a commit whose answer was lost is looked into before the caller is told. */
const attempts = 3

/** A slice's row that was sent, and may be written. */
interface Sent {
  readonly row: AppendedRow
  readonly result: SliceResult
}

/** What became of a slice. */
export interface Decided {
  readonly slice: Slice
  readonly result: SliceResult
  /** The tag of the entry before those of the slice; absent where nothing was written, or earlier. */
  readonly tagBefore?: string | undefined
  readonly row?: AppendedRow | undefined
  readonly owed?: readonly OwedRow[] | undefined
}

/**
 * Writes slices. Mere deltas of any number of sessions are one call, decided on the states that this
 * process knows and fenced by the tables. Everything else, and what the fence refused, is decided
 * under the locks of its sessions.
 */
export class Commits {
  readonly #tables: Tables
  readonly #states: SessionStates
  readonly #process: string
  /** Slices whose outcome is not known: called with them again, a commit looks before it decides. */
  readonly #sent = new WeakMap<Slice, Sent>()
  /**
   * A row of the newest append, and that append's number. A database loses its newest commits and none before
   * them: while this row is there, so is everything that was known when it was sent.
   */
  #newest: { row: WrittenRow; number: number } | undefined

  constructor(tables: Tables, states: SessionStates, process: string) {
    this.#tables = tables
    this.#states = states
    this.#process = process
  }

  readonly #read = (asks: readonly SessionAsk[]) => this.#tables.sessions(asks)

  /** @throws StorageError `unknown` where the answer stays lost; called again with the same slices it finds out */
  async commit(slices: readonly Slice[], options: CommitOptions = {}): Promise<Decided[]> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.#commit(slices, options)
      } catch (error) {
        const failure = error instanceof StorageError ? error.failure : undefined
        const isUnknown = failure === 'unknown'
        for (const { sessionId } of slices) {
          if (isUnknown || failure === 'busy') this.#states.doubt(sessionId)
          else this.#states.drop(sessionId)
        }
        if (error instanceof CaughtupError) throw error
        if (isUnknown && attempt < attempts) continue
        // A later failure says nothing of what was sent before it.
        if (isUnknown || !slices.some((slice) => this.#sent.has(slice))) throw error
        throw new StorageError('unknown', 'Whether the commit was written is not known.', {
          cause: error,
        })
      }
    }
  }

  async #commit(slices: readonly Slice[], options: CommitOptions): Promise<Decided[]> {
    const quick = slices.every((slice) => isMereText(slice) && !this.#sent.has(slice))
    const decided = quick ? await this.#append(slices) : undefined
    return decided ?? (await this.#underLocks(slices, options))
  }

  /** `undefined` where something was refused or is not as it was known: then nothing is written. */
  async #append(slices: readonly Slice[]): Promise<Decided[] | undefined> {
    const ids = [...new Set(slices.map(({ sessionId }) => sessionId))]
    const sessions = await this.#known(ids)
    const decided: Decided[] = []
    const rows: AppendedRow[] = []
    const appended = new Set<string>()
    for (const slice of slices) {
      const { sessionId } = slice
      const session = sessions.get(sessionId)
      const decision = session && decide(session.state, slice).next()
      if (!session || session.isLost) return undefined
      if (!decision?.done || decision.value.refused !== undefined) return undefined
      const value = frozen(decision.value)
      const row = appendedRow(value, session)
      const isSure = appended.has(sessionId) || session.since < (this.#newest?.number ?? 0)
      if (row) rows.push(isSure ? row : { ...row, behind: session.tag })
      appended.add(sessionId)
      const next = { ...session, state: value.state, tag: session.own }
      sessions.set(sessionId, next)
      decided.push({ slice, row, result: resultOf(value, next), tagBefore: session.tag })
    }
    const number = ++this.#states.sent
    const send = () => this.#tables.append(rows, this.#newest?.row)
    if (!(await this.#sending(decided, send))) {
      // It may be what the database lost, or retention removed.
      this.#newest = undefined
      return undefined
    }
    const row = rows.at(-1)
    // Of two at once nobody knows which was first.
    const isLast = this.#states.sent === number
    if (row && isLast) this.#newest = { row, number }
    for (const session of sessions.values()) {
      this.#states.keep(session, isLast ? number - 1 : this.#states.sent)
    }
    return decided
  }

  async #known(ids: readonly string[]): Promise<Map<string, LoadedSession>> {
    const missing = ids.filter((id) => !this.#states.get(id))
    const loaded = missing.length === 0 ? [] : await this.#states.load(missing, this.#read)
    const sessions = new Map<string, LoadedSession>()
    for (const session of [...loaded, ...ids.map((id) => this.#states.get(id))]) {
      if (session) sessions.set(session.row.id, session)
    }
    return sessions
  }

  async #underLocks(slices: readonly Slice[], { owes = false }: CommitOptions): Promise<Decided[]> {
    const decided: Decided[] = []
    const sessions = new Map<string, OpenSession>()
    const work = async (transaction: Transaction) => {
      const ids = [...new Set(slices.map(({ sessionId }) => sessionId))]
      const loaded = await this.#states.load(ids, (asks) => transaction.lock(asks))
      for (const [index, id] of ids.entries()) {
        const session = loaded[index]
        if (session) sessions.set(id, new OpenSession(transaction, session, this.#process))
      }
      for (const slice of slices) {
        const session = sessions.get(slice.sessionId)
        const result =
          (await this.#found(transaction, slice)) ?? (await this.#decide(slice, session, owes))
        decided.push({ slice, ...result })
      }
      await writeAll(transaction, [...sessions.values()])
      const owed = decided.flatMap((each) => each.owed ?? [])
      if (owed.length > 0) await transaction.owe(owed)
    }
    await this.#sending(decided, () => this.#tables.transaction(work))
    for (const { now } of sessions.values()) {
      const { isLost: _, ...kept } = now
      this.#states.keep(kept)
    }
    for (const { slice } of decided) this.#sent.delete(slice)
    return decided
  }

  async #decide(
    slice: Slice,
    session: OpenSession | undefined,
    owes: boolean,
  ): Promise<Omit<Decided, 'slice'>> {
    if (!session) return { result: { refused: 'session-missing' } }
    if (this.#isCut(session, slice)) return { result: { refused: 'guard-failed' } }
    const decision = await runAsync(decide(session.now.state, slice), session.lookups)
    if (decision.refused !== undefined) return { result: decision }
    const { row: held, state, tag: tagBefore } = session.now
    const owed = owes ? owedBy(held, state.record, decision) : []
    const row = await session.apply(frozen(decision))
    return {
      row,
      tagBefore,
      result: resultOf(decision, session.now),
      owed: owed.map((hook) => this.#owedRow(held.key, hook)),
    }
  }

  /** Whether a run of this process continues what the database lost: its answer would have a hole. */
  #isCut({ now: { isLost, row } }: OpenSession, { guard }: Slice): boolean {
    return isLost === true && guard?.is === 'run' && row.process === this.#process
  }

  #owedRow(session: number, hook: OwedHook): OwedRow {
    return deepFreeze({ session, process: this.#process, hook, attempts: 0, due: hook.at })
  }

  /** The result of a slice that was sent before, where its row turns out to be written. */
  async #found(
    transaction: Transaction,
    slice: Slice,
  ): Promise<Pick<Decided, 'result' | 'row'> | undefined> {
    const sent = this.#sent.get(slice)
    if (!sent) return undefined
    const { session, first, seq, tag, events } = sent.row
    const range = { after: first - 1, before: first + 1, from: 'oldest', bytes: 0 } as const
    const reading = await transaction.read({ id: slice.sessionId }, { events: range })
    const [row] = reading?.image.row.key === session ? reading.events : []
    if (reading?.image.row.key === session && reading.image.row.floor >= first) throw untold()
    const isOurs = row?.first === first && row.seq === seq && row.tag === tag
    return isOurs && isDeepStrictEqual(row.events, events) ? { result: sent.result } : undefined
  }

  /** Remembers what was sent where the answer is lost. */
  async #sending<T>(decided: readonly Decided[], send: () => Promise<T>): Promise<T> {
    try {
      return await send()
    } catch (error) {
      if (error instanceof StorageError && error.failure === 'unknown') {
        for (const { slice, row, result } of decided) {
          if (row) this.#sent.set(slice, { row, result })
        }
      }
      throw error
    }
  }
}

async function writeAll(transaction: Transaction, sessions: readonly OpenSession[]): Promise<void> {
  const finished = sessions.map((session) => session.finish())
  const changes = finished.flatMap((each) => each.changes)
  const written = finished.flatMap(({ row }) => row ?? [])
  const rows = sessions.flatMap((session) => session.rows)
  if (changes.length > 0) await transaction.changeMessages(changes)
  if (rows.length > 0 && !(await transaction.append(rows))) {
    throw new StorageError('corrupt', 'Rows of locked sessions do not fit behind what is there.')
  }
  if (written.length > 0) await transaction.updateSessions(written)
  const placed = sessions.filter(({ isPlaced }) => isPlaced).map(({ key }) => key)
  if (placed.length > 0) await transaction.place(placed)
}

/** Whether a slice does nothing but stream text into messages. */
function isMereText({ drafts }: Slice): boolean {
  return drafts.length > 0 && drafts.every(({ type }) => type === 'message-delta')
}

function resultOf({ events, messages }: Decision, { row, state, tag }: LoadedSession): SliceResult {
  const { journal } = row
  const cursor = { journal, seq: state.record.seq, tag }
  return { events: [...events], messages, activity: events.some(changesActivity), cursor }
}

/** Rows, kept states and callers share a decision, so no one may change it. */
function frozen(decision: Decision): Decision {
  const { events, messages, changes, state } = decision
  for (const value of [...events, ...messages, ...changes]) deepFreeze(value)
  for (const message of state.overlay.values()) deepFreeze(message)
  return decision
}

/** Retention came to a slice's place before its outcome was known, which takes all that it keeps. */
function untold(): CaughtupError {
  return new CaughtupError(
    'UNAVAILABLE',
    'Whether a change was written is not known, and its place in the journal is removed by now.',
    { reason: 'outcome-unknown' },
  )
}
