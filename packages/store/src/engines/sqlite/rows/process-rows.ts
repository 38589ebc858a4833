import type { Processes } from '../../../port/processes.ts'
import type { Database } from '../file/database.ts'

/** The counters of processes, as rows. */
export class ProcessRows implements Processes {
  readonly #db: Database
  readonly own: string
  /** All counters when this process first moved its own. */
  #first: ReadonlyMap<string, number> | undefined

  constructor(db: Database, own: string) {
    this.#db = db
    this.own = own
  }

  /** Moves this process's counter. Must be called in a write transaction. */
  beat(): void {
    this.#db.run(
      'INSERT INTO processes (id, beats) VALUES (?, 1) ON CONFLICT (id) DO UPDATE SET beats = beats + 1',
      this.own,
    )
    this.#first ??= new Map(
      this.#db
        .all('SELECT id, beats FROM processes')
        .map(({ id, beats }) => [String(id), Number(beats)]),
    )
  }

  async holders(): Promise<ReadonlyMap<string, number>> {
    const rows = this.#db.all(
      `SELECT DISTINCT sessions.process, processes.beats FROM sessions
       LEFT JOIN processes ON processes.id = sessions.process WHERE sessions.active = 1 AND sessions.process <> ?`,
      this.own,
    )
    return new Map(rows.map(({ process, beats }) => [String(process), Number(beats ?? 0)]))
  }

  async wasAlive(process: string): Promise<boolean> {
    const row = this.#db.get('SELECT beats FROM processes WHERE id = ?', process)
    return (
      this.#first !== undefined && Number(row?.['beats'] ?? 0) > (this.#first.get(process) ?? 0)
    )
  }
}
