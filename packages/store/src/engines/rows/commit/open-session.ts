import type { Message } from '@caughtup/schema'
import { changesActivity } from '@caughtup/schema/event'

import { namesOf } from '../../../core/epoch-ledgers.ts'
import { changedAt } from '../../../core/evolve.ts'
import { leaseAfter } from '../../../core/sessions/lease.ts'
import type { AsyncLookups } from '../../../core/lookups.ts'
import type { Decision } from '../../../core/decide.ts'
import type { RowChange } from '../../../core/types.ts'
import type { AppendedRow, MessageChange, SessionRow } from '../tables/rows.ts'
import type { LoadedSession } from './session-states.ts'
import { tableLookups } from './table-lookups.ts'
import type { Transaction } from '../tables/tables.ts'

/** A session that a transaction has locked, with its pending writes. */
export class OpenSession {
  readonly #transaction: Transaction
  readonly #process: string
  /** As of the newest slice. */
  #now: LoadedSession
  /** The row as it was found: its record's seq is the base of what is appended. */
  readonly #found: SessionRow
  readonly #rows: AppendedRow[] = []
  readonly #changes: MessageChange[] = []
  #writesRow = false
  #isPlaced = false
  /** Lookups of a decision; they see the changes of earlier slices. */
  readonly lookups: AsyncLookups
  /** Open messages as this transaction wrote them. */
  readonly #written = new Map<string, Message>()

  constructor(transaction: Transaction, loaded: LoadedSession, process: string) {
    this.#transaction = transaction
    this.#now = loaded
    this.#found = loaded.row
    this.#process = process
    const rows = tableLookups(transaction, loaded.row.key)
    const current =
      <Args extends unknown[], Result>(look: (...args: Args) => Promise<Result>) =>
      async (...args: Args) => {
        await this.#flush()
        return look(...args)
      }
    this.lookups = {
      messages: current(rows.messages),
      idStatus: async (ids) => {
        // An open message has had its row since it began.
        await this.#flushChanges()
        return rows.idStatus(ids)
      },
      countAfter: current(rows.countAfter),
      lastPrompt: current(rows.lastPrompt),
      places: current(rows.places),
      before: current(rows.before),
      following: current(rows.following),
      stretches: current(rows.stretches),
      stretch: current(rows.stretch),
      countedChild: rows.countedChild,
    }
  }

  get now(): LoadedSession {
    return this.#now
  }

  /** Rows to append to the journal. */
  get rows(): readonly AppendedRow[] {
    return this.#rows
  }

  /** Whether its members' lists change. */
  get isPlaced(): boolean {
    return this.#isPlaced
  }

  get key(): number {
    return this.#found.key
  }

  /** Adds the effects of a decision, and returns the row that it appends. */
  async apply(decision: Decision): Promise<AppendedRow | undefined> {
    const { events, state, changes } = decision
    const appended = appendedRow(decision, this.#now)
    if (!appended) return undefined
    this.#rows.push(appended)
    const { row, own } = this.#now
    const open = [...state.overlay].filter(([, { status }]) => status === 'open')
    const next = { ...this.#now, state: { record: state.record, overlay: new Map(open) }, tag: own }
    this.#now = { ...next, row }
    const isMereText = events.every(({ type }) => type === 'message-delta')
    if (isMereText && changes.length === 0) return appended
    this.#writesRow = true
    this.#isPlaced ||= events.some(changesActivity)
    const lease = leaseAfter(events, state.record)
    const { process: before, ...rest } = row
    const process = lease === 'ours' ? this.#process : before
    const changed = {
      ...rest,
      updatedAt: changedAt(events) ?? row.updatedAt,
      ...(process !== undefined && lease !== 'nobody' && { process }),
    }
    this.#now = { ...next, row: changed }
    for (const change of changes) await this.#change(change)
    await this.#remember(changes)
    this.#put([...state.overlay.values()].filter(({ status }) => status === 'done'))
    return appended
  }

  /** The pending changes, with the session's row if they change it. */
  finish(): { changes: readonly MessageChange[]; row: SessionRow | undefined } {
    if (!this.#writesRow) return { changes: [], row: undefined }
    this.#putOpen()
    const { row, state, tag } = this.#now
    const written = { ...row, record: state.record, tag }
    this.#now = { ...this.#now, row: written }
    return { changes: this.#changes.splice(0), row: written }
  }

  async #flush(): Promise<void> {
    this.#putOpen()
    await this.#flushChanges()
  }

  async #flushChanges(): Promise<void> {
    if (this.#changes.length === 0) return
    // Rows of messages are as of the row's record, so that it has to follow.
    this.#writesRow = true
    await this.#transaction.changeMessages(this.#changes.splice(0))
  }

  async #change(change: RowChange): Promise<void> {
    const session = this.key
    switch (change.change) {
      case 'remove':
      case 'truncate':
      case 'hide':
      case 'show':
      case 'forget':
      case 'reanchor':
        this.#changes.push({ ...change, session })
        return
      case 'insert':
        return this.#put(change.messages)
      case 'replace':
        return this.#put([change.message])
      case 'erase': {
        const { messageIds } = change
        this.#changes.push({ session, change: 'remove', messageIds })
        const { row } = this.#now
        const erased = [...new Set([...(row.erasing?.messageIds ?? []), ...messageIds])]
        this.#now = { ...this.#now, row: { ...row, erasing: { messageIds: erased, from: 0 } } }
        return
      }
      case 'count-child':
      case 'count-imported':
      case 'end-epoch':
        return
      case 'mark-read':
        await this.#transaction.mark(session, change.upTo, [change.principal])
    }
  }

  async #remember(changes: readonly RowChange[]): Promise<void> {
    const children = changes.flatMap((each) =>
      each.change === 'count-child' ? [[each.child, 1] as const] : [],
    )
    const imports = changes.flatMap((each) =>
      each.change === 'count-imported' ? [[each.identity, each.count] as const] : [],
    )
    const used = changes.flatMap((each) =>
      each.change === 'end-epoch' ? [...namesOf(each.epoch, each.used)] : [],
    )
    const { key } = this
    if (used.length > 0) await this.#transaction.remember(key, 'used', new Map(used))
    if (children.length > 0) await this.#transaction.remember(key, 'child', new Map(children))
    if (imports.length > 0) await this.#transaction.remember(key, 'import', new Map(imports))
  }

  #put(messages: readonly Message[]): void {
    if (messages.length === 0) return
    this.#changes.push({ session: this.key, change: 'put', messages })
  }

  /** Open messages that are newer than their rows. */
  #putOpen(): void {
    const { state } = this.#now
    this.#put([...state.overlay.values()].filter((message) => !this.#isWritten(message)))
    for (const [id, message] of state.overlay) this.#written.set(id, message)
  }

  #isWritten(message: Message): boolean {
    const written = this.#written.get(message.id)
    return written ? written === message : message.revision <= this.#found.record.seq
  }
}

/** The row that a slice appends to the journal; `undefined` for a slice without events. */
export function appendedRow(
  { events, state }: Decision,
  { row, own }: LoadedSession,
): AppendedRow | undefined {
  const [first] = events
  if (!first) return undefined
  const { seq } = state.record
  const base = row.record.seq
  return { session: row.key, first: first.from, seq, tag: own, base, events: [...events] }
}
