import type { AppendedRow } from '../rows/tables/rows.ts'
import type { Tables, Transaction } from '../rows/tables/tables.ts'
import type { SessionData } from './database.ts'
import { fits, push } from './events.ts'
import { MemoryReads } from './reads.ts'
import { MemoryTransaction } from './transaction.ts'

/** The row engine's tables on plain data: nothing is waited for but locks. */
export class MemoryTables extends MemoryReads implements Tables {
  async append(rows: readonly AppendedRow[]): Promise<boolean> {
    await this.db.locks.free(this, new Set(rows.map(({ session }) => session)))
    const found = (key: number): SessionData | undefined => this.db.sessions.get(key)
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

  async heartbeat(process: string): Promise<void> {
    const { beats } = this.db
    beats.set(process, (beats.get(process) ?? 0) + 1)
  }

  async maintain(): Promise<boolean> {
    return false
  }
}
