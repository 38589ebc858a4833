import { isFinishReason } from '@caughtup/schema'
import type { Clock } from '@caughtup/schema/clock'

import type { OwedCall, OwedCalls, OwedHook } from '../../../port/owed.ts'
import type { Database, Row } from '../file/database.ts'
import { retryBusy } from '../../../errors/retry-busy.ts'

/** Writes a call that is owed. It must be called in the transaction that writes its event. */
export function writeOwed(
  db: Database,
  { session, process }: { session: number; process: string },
  { hook, attempts, due }: OwedCall,
): void {
  db.run(
    'INSERT INTO owed (id, session, process, due, attempts, body) VALUES (?, ?, ?, ?, ?, ?)',
    hook.id,
    session,
    process,
    due,
    attempts,
    JSON.stringify(hook),
  )
}

/** What a session owes. */
export function owedIn(db: Database, session: number): OwedCall[] {
  const rows = db.all(
    'SELECT due, attempts, body FROM owed WHERE session = ? ORDER BY due, key',
    session,
  )
  return rows.flatMap((row) => decode(row) ?? [])
}

/** The calls of hooks that are owed, as rows. */
export class OwedRows implements OwedCalls {
  readonly #db: Database
  readonly #clock: Clock
  readonly #process: string

  constructor(db: Database, clock: Clock, process: string) {
    this.#db = db
    this.#clock = clock
    this.#process = process
  }

  async list(limit: number): Promise<OwedCall[]> {
    const rows = this.#db.all(
      'SELECT id, due, attempts, body FROM owed WHERE process = ? ORDER BY due, key LIMIT ?',
      this.#process,
      limit,
    )
    const calls: OwedCall[] = []
    for (const row of rows) {
      const call = decode(row)
      if (call) calls.push(call)
      else await this.#drop(String(row['id']))
    }
    return calls
  }

  async holders(): Promise<{ process: string; beats: number }[]> {
    const rows = this.#db.all(
      `SELECT DISTINCT owed.process, processes.beats FROM owed
       LEFT JOIN processes ON processes.id = owed.process WHERE owed.process <> ?`,
      this.#process,
    )
    return rows.map(({ process, beats }) => ({
      process: String(process),
      beats: Number(beats ?? 0),
    }))
  }

  async take(process: string): Promise<void> {
    await this.#write('UPDATE owed SET process = ? WHERE process = ?', this.#process, process)
  }

  async postpone(id: string, due: number): Promise<void> {
    await this.#write(
      'UPDATE owed SET due = ?, attempts = attempts + 1 WHERE id = ? AND process = ?',
      due,
      id,
      this.#process,
    )
  }

  async settle(id: string): Promise<void> {
    await this.#write('DELETE FROM owed WHERE id = ?', id)
  }

  /** A damaged row would be the first of each list. */
  #drop(id: string): Promise<void> {
    this.#db.unreadable++
    return this.settle(id)
  }

  /** Waits while another process holds the lock. */
  async #write(sql: string, ...values: (string | number)[]): Promise<void> {
    const write = () => this.#db.transaction(() => this.#db.run(sql, ...values))
    await retryBusy(this.#clock, write)
  }
}

function decode({ body, attempts, due }: Row): OwedCall | undefined {
  let hook: unknown
  try {
    hook = JSON.parse(String(body))
  } catch {
    return undefined
  }
  return isHook(hook) ? { hook, attempts: Number(attempts), due: Number(due) } : undefined
}

function isHook(value: unknown): value is OwedHook {
  const { id, sessionId, runId, runKind, at, kind, reason }: Record<string, unknown> = Object(value)
  return (
    [id, sessionId, runId, runKind].every((each) => typeof each === 'string') &&
    typeof at === 'number' &&
    (kind === 'run-waiting' || (kind === 'run-ended' && isFinishReason(reason)))
  )
}
