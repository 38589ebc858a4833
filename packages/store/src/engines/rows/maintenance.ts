import type { Message } from '@caughtup/schema'
import type { Clock } from '@caughtup/schema/clock'

import { countKept, retentionFloor, trimFloor } from '../../journal/retention.ts'
import type { Segment } from '../../journal/segment.ts'
import { redact } from '../../journal/redact.ts'
import type { Retention } from '../../port/storage.ts'
import { segmentsOf } from './journal-rows.ts'
import { type EventRow, isHidden, type SessionRow } from './tables/rows.ts'
import { loadedFrom } from './commit/session-states.ts'
import type { TableReads, Tables } from './tables/tables.ts'

/** Sessions that one step looks at. */
const stepSessions = 100
/** Bytes of a journal that are read at once, and that one step of an erasure rewrites. */
const stepBytes = 2 * 1024 * 1024

/** What has not moved for so long is given up, in ms: copies from other databases, and processes. */
const patience = 3_600_000

export interface MaintenanceOptions {
  clock: Clock
  /** Ms between two looks for what retention removes. */
  lookEvery: number
  /** Copies one stretch of a fork. */
  continueFork: (id: string) => Promise<unknown>
}

/** Work between commits, in bounded steps: forks, erasures, retention. */
export class Maintenance {
  readonly #tables: Tables
  readonly #options: MaintenanceOptions
  #lookedAt = -Infinity
  /** The key up to which this look has come. */
  #lookedUpTo = 0
  #stoppedLookedAt = -Infinity
  /** How far copies were at the last look, by key. */
  #copies = new Map<number, number | undefined>()
  /** The counters of processes at the last look. */
  #beats: ReadonlyMap<string, number> = new Map()

  constructor(tables: Tables, options: MaintenanceOptions) {
    this.#tables = tables
    this.#options = options
  }

  /** One bounded step; returns whether more work is left. */
  async step(retention: Retention): Promise<boolean> {
    const [job] = await this.#tables.due({ after: 0, limit: 1 })
    if (job) {
      await (job.fork ? this.#options.continueFork(job.id) : this.continueErase(job.id))
      return true
    }
    if (await this.#tables.maintain()) return true
    const { clock, lookEvery } = this.#options
    const now = clock.monotonic()
    if (now - this.#stoppedLookedAt >= patience) {
      this.#stoppedLookedAt = now
      await this.#removeStalledCopies()
      await this.#forgetProcesses()
    }
    if (!retention || now - this.#lookedAt < lookEvery) return false
    const { age, events } = retention
    const before = clock.now() - age
    const query = { after: this.#lookedUpTo, limit: stepSessions, retention: { before, events } }
    const due = await this.#tables.due(query)
    for (const row of due) await this.#retain(row, { before, events })
    this.#lookedUpTo = due.length < stepSessions ? 0 : (due.at(-1)?.key ?? 0)
    if (this.#lookedUpTo > 0) return true
    this.#lookedAt = now
    return false
  }

  /** Rewrites one stretch of a journal that may mention erased messages; returns whether more is left. */
  continueErase(id: string): Promise<boolean> {
    return this.#tables.transaction(async (transaction) => {
      const [image] = await transaction.lock([{ id }])
      if (!image?.row.erasing) return false
      const { erasing, ...row } = image.row
      const range = { after: erasing.from - 1, from: 'oldest', bytes: stepBytes } as const
      const reading = await transaction.read({ id }, { events: range })
      const { events: rows = [], complete = true } = reading ?? {}
      const erased = new Set(erasing.messageIds)
      const rewritten = rows.flatMap((each) => withoutErased(each, erased) ?? [])
      if (rewritten.length > 0) await transaction.rewriteEvents(rewritten)
      const from = (rows.at(-1)?.seq ?? 0) + 1
      const left = complete ? {} : { erasing: { ...erasing, from } }
      await transaction.updateSessions([{ ...row, ...left }])
      return !complete
    })
  }

  /** Removes copies that have got no stretch since the last look. */
  async #removeStalledCopies(): Promise<void> {
    const rows = await this.#tables.due({ after: 0, limit: stepSessions, copying: true })
    for (const { id, key, copying } of rows) {
      if (this.#copies.get(key) !== copying?.stretch) continue
      await this.#tables.transaction(async (transaction) => {
        const [image] = await transaction.lock([{ id }])
        const stalled = image?.row.key === key && image.row.copying?.stretch === copying?.stretch
        if (stalled) await transaction.deleteSession(key)
      })
    }
    this.#copies = new Map(rows.map(({ key, copying }) => [key, copying?.stretch]))
  }

  /** Moves the floor of a session over its oldest entries that are too old or too many. */
  #retain({ id }: SessionRow, bounds: { before: number; events: number }): Promise<void> {
    const { before, events } = bounds
    return this.#raiseFloor(id, ({ segments, floor, newest, needed }) =>
      retentionFloor(segments, {
        // No journal has more entries than seqs, so that most need not be counted.
        surplus: newest - floor > events ? countKept(segments) - events : 0,
        before,
        needed,
      }),
    )
  }

  /** Moves the floor of a session over its entries up to a seq. */
  trim(id: string, upTo: number): Promise<void> {
    return this.#raiseFloor(id, ({ newest, needed }) => trimFloor(upTo, { newest, needed }))
  }

  /** Forgets processes whose counter has not moved since the last look. One that wakes begins with a new one. */
  async #forgetProcesses(): Promise<void> {
    const beats = await this.#tables.beats()
    const stopped = [...beats].filter(([id, count]) => this.#beats.get(id) === count)
    if (stopped.length > 0) await this.#tables.forgetProcesses(new Map(stopped))
    this.#beats = beats
  }

  /** Removes the oldest entries of a journal in steps, so that no commit waits for more than one of them. */
  async #raiseFloor(id: string, floorOf: (journal: WholeJournal) => number): Promise<void> {
    const [image] = await this.#tables.sessions([{ id }])
    if (!image || isHidden(image.row)) return
    const { row, state } = loadedFrom(image)
    const journal = { floor: row.floor, newest: state.record.seq, needed: neededOf(state.overlay) }
    const goal = floorOf({ segments: await allSegments(this.#tables, row), ...journal })
    if (goal <= row.floor) return
    while (await this.#raiseFloorTowards(goal, row)) {
      // Others come in between.
    }
  }

  /** One step; returns whether more is left. */
  #raiseFloorTowards(goal: number, { id, key }: SessionRow): Promise<boolean> {
    return this.#tables.transaction(async (transaction) => {
      const [image] = await transaction.lock([{ id }])
      if (!image || isHidden(image.row) || image.row.key !== key) return false
      const { row, state, tag } = loadedFrom(image)
      const oldest = { after: row.floor, from: 'oldest', bytes: stepBytes } as const
      const reading = await transaction.read({ id }, { events: oldest })
      const segments = segmentsOf(reading?.events ?? [], row)
      const reached = segments.at(-1)?.seq ?? 0
      const floor = Math.min(goal, neededOf(state.overlay), reached)
      if (floor <= row.floor) return false
      const floorTag = segments.find(({ seq }) => seq >= floor)?.tag ?? ''
      // Deltas below the floor are in the rows of their messages from now on, and the row's record
      // says so: processes that know an older state read it again.
      const open = [...state.overlay.values()]
      const put = { session: row.key, change: 'put', messages: open } as const
      if (open.length > 0) await transaction.changeMessages([put])
      await transaction.removeEvents(row.key, floor)
      await transaction.updateSessions([{ ...row, record: state.record, tag, floor, floorTag }])
      return floor < goal
    })
  }
}

interface WholeJournal {
  segments: readonly Segment[]
  floor: number
  newest: number
  /** The lowest revision of an open message: what follows it stays. */
  needed: number
}

/** The lowest revision of an open message. */
function neededOf(open: ReadonlyMap<string, Message>): number {
  return Math.min(...[...open.values()].map(({ revision }) => revision))
}

async function allSegments(tables: TableReads, row: SessionRow): Promise<Segment[]> {
  const rows: EventRow[] = []
  for (let after = 0; ;) {
    const events = { after, from: 'oldest', bytes: stepBytes } as const
    const reading = await tables.read({ id: row.id }, { events })
    const last = reading?.events.at(-1)
    rows.push(...(reading?.events ?? []))
    if (!last || reading?.complete) return segmentsOf(rows, row)
    after = last.seq
  }
}

function withoutErased(row: EventRow, erased: ReadonlySet<string>): EventRow | undefined {
  const events = row.events.map((event) => redact(event, erased))
  return events.some((event, index) => event !== row.events[index]) ? { ...row, events } : undefined
}
