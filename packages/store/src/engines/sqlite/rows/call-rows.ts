import type { Clock } from '@caughtup/schema/clock'

import { retryBusy } from '../../../errors/retry-busy.ts'
import type { CallCounts, CountedCall } from '../../../port/calls.ts'
import type { Database } from '../file/database.ts'

/** The counts of principals' calls, as rows. */
export class CallRows implements CallCounts {
  readonly #db: Database
  readonly #clock: Clock

  constructor(db: Database, clock: Clock) {
    this.#db = db
    this.#clock = clock
  }

  async count({ principal, name, most, within }: CountedCall): Promise<number> {
    const now = Math.floor(this.#clock.now())
    // A row from the future is one from before the clock was set back.
    const counted = await this.#write(() =>
      this.#db.get(
        `INSERT INTO calls (principal, name, began, count) VALUES (?1, ?2, ?3, 1)
         ON CONFLICT (principal, name) DO UPDATE SET
           count = CASE WHEN abs(excluded.began - began) < ?5 THEN min(count, ?4) + 1 ELSE 1 END,
           began = CASE WHEN abs(excluded.began - began) < ?5 THEN began ELSE excluded.began END
         RETURNING began, count`,
        principal,
        name,
        now,
        most,
        within,
      ),
    )
    const { began, count } = { ...counted }
    return Number(count) > most ? Math.max(1, Number(began) + within - now) : 0
  }

  async forget(principal: string): Promise<void> {
    await this.#write(() => this.#db.run('DELETE FROM calls WHERE principal = ?', principal))
  }

  /** Waits while another process holds the lock. */
  #write<T>(work: () => T): Promise<T> {
    return retryBusy(this.#clock, () => this.#db.transaction(work))
  }
}
