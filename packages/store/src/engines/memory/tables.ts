import type { CountedCall } from '../../port/calls.ts'
import {
  type AppendedRow,
  isActive,
  isHidden,
  keeperOf,
  type OwedRow,
  type ProcessBeats,
  type WrittenRow,
} from '../rows/tables/rows.ts'
import type { Tables, Transaction } from '../rows/tables/tables.ts'
import type { SessionData } from './database.ts'
import { fits, hasWritten, push } from './events.ts'
import { MemoryReads } from './reads.ts'
import { MemoryTransaction } from './transaction.ts'

/** The row engine's tables on plain data: nothing is waited for but locks. */
export class MemoryTables extends MemoryReads implements Tables {
  async append(rows: readonly AppendedRow[], newest?: WrittenRow): Promise<boolean> {
    await this.db.locks.free(this, new Set(rows.map(({ session }) => session)))
    const found = (key: number): SessionData | undefined => this.db.sessions.get(key)
    if (newest && !hasWritten(found(newest.session), newest)) return false
    if (!fits(rows, found)) return false
    for (const row of rows) push(found(row.session), row)
    return true
  }

  async transaction<T>(work: (transaction: Transaction) => Promise<T>): Promise<T> {
    const transaction = new MemoryTransaction(this.db)
    try {
      const result = await work(transaction)
      transaction.commit()
      return result
    } finally {
      transaction.end()
    }
  }

  async heartbeat(process: string): Promise<string> {
    const { beats, history } = this.db
    beats.set(process, (beats.get(process) ?? 0) + 1)
    return history
  }

  async beats(processes?: readonly string[]): Promise<ReadonlyMap<string, number>> {
    return new Map([...this.db.beats].filter(([id]) => processes?.includes(id) ?? true))
  }

  async forgetProcesses(beats: ReadonlyMap<string, number>): Promise<void> {
    for (const [id, count] of beats) if (this.db.beats.get(id) === count) this.db.beats.delete(id)
  }

  async owed(process: string, limit: number): Promise<OwedRow[]> {
    const own = [...this.db.owed.values()].filter((row) => row.process === process)
    return own.toSorted((a, b) => a.due - b.due).slice(0, limit)
  }

  async owedIn(session: number): Promise<OwedRow[]> {
    const rows = [...this.db.owed.values()].filter((row) => row.session === session)
    return rows.toSorted((a, b) => a.due - b.due)
  }

  async leading(): Promise<ProcessBeats[]> {
    const active = [...this.db.sessions.values()].filter(
      ({ row }) => !isHidden(row) && isActive(row.record),
    )
    const processes = new Set(active.flatMap(({ row }) => keeperOf(row) || []))
    return [...processes].map((process) => ({ process, beats: this.db.beats.get(process) ?? 0 }))
  }

  async owing(): Promise<ProcessBeats[]> {
    const processes = new Set([...this.db.owed.values()].map(({ process }) => process))
    return [...processes].map((process) => ({ process, beats: this.db.beats.get(process) ?? 0 }))
  }

  async takeOwed(from: string, to: string): Promise<void> {
    for (const [id, row] of this.db.owed) {
      if (row.process === from) this.db.owed.set(id, { ...row, process: to })
    }
  }

  async postponeOwed(id: string, process: string, due: number): Promise<void> {
    const row = this.db.owed.get(id)
    if (row?.process === process) this.db.owed.set(id, { ...row, due, attempts: row.attempts + 1 })
  }

  async settleOwed(id: string): Promise<void> {
    this.db.owed.delete(id)
  }

  async countCall(call: CountedCall, now: number): Promise<number> {
    const { principal, name, most, within } = call
    const calls = this.db.calls.get(principal) ?? new Map()
    this.db.calls.set(principal, calls)
    const last = calls.get(name)
    const isOver = !last || Math.abs(now - last.began) >= within
    const { began, count } = isOver ? { began: now, count: 0 } : last
    if (count >= most) return Math.max(1, began + within - now)
    calls.set(name, { began, count: count + 1 })
    return 0
  }

  async forgetCalls(principal: string): Promise<void> {
    this.db.calls.delete(principal)
  }

  async maintain(): Promise<boolean> {
    return false
  }
}
