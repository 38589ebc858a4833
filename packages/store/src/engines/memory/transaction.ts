import {
  type AppendedRow,
  type EventRow,
  isHidden,
  type MemberRow,
  type MessageChange,
  type OwedRow,
  type RememberedKind,
  type RemovedSession,
  type SessionRow,
} from '../rows/tables/rows.ts'
import type { SessionAsk, SessionImage, Transaction } from '../rows/tables/tables.ts'
import { feedOf, indexAbove, type MemoryDatabase, type SessionData } from './database.ts'
import { fits, push, sized } from './events.ts'
import type { Resource } from './locks.ts'
import { changed } from './message-table.ts'
import { MemoryReads, rememberedName } from './reads.ts'

/** Removals that a principal's feed remembers; older cursors get the complete list. */
const rememberedRemovals = 10_000

/**
 * Writes into drafts of the sessions that it has locked, which become what is committed all at once,
 * and without anything that could fail.
 */
export class MemoryTransaction extends MemoryReads implements Transaction {
  readonly #drafts: Map<number, SessionData>
  /** Further effects of the commit. */
  readonly #effects: (() => void)[] = []
  /** What it adds to what sessions remember, by their keys. */
  readonly #remembered = new Map<number, Map<string, number>>()
  /** Ids of sessions that it deletes. */
  readonly #deleted = new Set<string>()

  constructor(db: MemoryDatabase) {
    const drafts = new Map<number, SessionData>()
    super(db, drafts)
    this.#drafts = drafts
  }

  commit(): void {
    for (const [key, draft] of this.#drafts) {
      const data = this.db.sessions.get(key)
      if (data) Object.assign(data, draft)
      else this.db.sessions.set(key, draft)
      this.#list(draft)
    }
    for (const [key, added] of this.#remembered) {
      const remembered = this.db.sessions.get(key)?.remembered
      for (const [name, count] of added) remembered?.set(name, count)
    }
    for (const effect of this.#effects) effect()
  }

  end(): void {
    this.db.locks.release(this)
  }

  async lock(asks: readonly SessionAsk[]): Promise<(SessionImage | undefined)[]> {
    const keys = asks.flatMap(({ id }) => this.db.keys.get(id) ?? [])
    await this.#acquire(keys.toSorted((a, b) => a - b))
    const images = await this.sessions(asks)
    // One that was made anew meanwhile is not locked: for this transaction it is not there.
    return images.map((image) =>
      image && this.db.locks.holds(this, image.row.key) ? image : undefined,
    )
  }

  async append(rows: readonly AppendedRow[]): Promise<boolean> {
    if (!fits(rows, (key) => this.db.sessions.get(key) ?? this.#drafts.get(key))) return false
    this.#effects.push(() => {
      for (const row of rows) push(this.db.sessions.get(row.session), row)
    })
    return true
  }

  async insertSession(
    row: Omit<SessionRow, 'key'>,
    members: readonly string[],
  ): Promise<SessionRow | undefined> {
    await this.#acquire([`id ${row.id}`])
    if (this.db.keys.has(row.id) && !this.#deleted.has(row.id)) return undefined
    const key = ++this.db.made
    await this.#acquire([key])
    const made = { ...row, key }
    this.#drafts.set(key, {
      row: made,
      members: members.map((principal) => ({ principal, readUpTo: 0, position: 0 })),
      messages: [],
      orders: new Map(),
      events: [],
      remembered: new Map(),
    })
    this.#effects.push(() => {
      this.db.keys.set(row.id, key)
    })
    return made
  }

  async addMember(session: number, member: Omit<MemberRow, 'position'>): Promise<void> {
    const draft = this.#draft(session)
    draft.members = [...draft.members, { ...member, position: 0 }]
  }

  async removeMember(session: number, principal: string): Promise<void> {
    const draft = this.#draft(session)
    draft.members = draft.members.filter((member) => member.principal !== principal)
    this.#effects.push(() => feedOf(this.db, principal).remove(session))
  }

  async updateSessions(rows: readonly SessionRow[]): Promise<void> {
    for (const row of rows) this.#draft(row.key).row = row
  }

  async deleteSession(session: number): Promise<void> {
    const { row, members } = this.#draft(session)
    this.#deleted.add(row.id)
    this.#effects.push(() => {
      this.db.sessions.delete(session)
      this.db.keys.delete(row.id)
      for (const { principal } of members) feedOf(this.db, principal).remove(session)
      for (const [id, owed] of this.db.owed) if (owed.session === session) this.db.owed.delete(id)
    })
  }

  async owe(rows: readonly OwedRow[]): Promise<void> {
    this.#effects.push(() => {
      for (const row of rows) this.db.owed.set(row.hook.id, row)
    })
  }

  async changeMessages(changes: readonly MessageChange[]): Promise<void> {
    for (const change of changes) {
      const draft = this.#draft(change.session)
      const { messages, removed } = changed(draft, change)
      draft.messages = messages
      if (removed.length > 0) {
        await this.remember(change.session, 'gone', new Map(removed.map((id) => [id, 1])))
      }
    }
  }

  async rewriteEvents(rows: readonly EventRow[]): Promise<void> {
    this.#effects.push(() => {
      for (const row of rows) {
        const events = this.db.sessions.get(row.session)?.events ?? []
        const index = indexAbove(events, row.first - 1, ({ first }) => first)
        if (events[index]?.first === row.first) events[index] = sized(row)
      }
    })
  }

  async removeEvents(session: number, upTo: number): Promise<void> {
    this.#effects.push(() => {
      const events = this.db.sessions.get(session)?.events ?? []
      events.splice(
        0,
        indexAbove(events, upTo, ({ seq }) => seq),
      )
    })
  }

  async remember(
    session: number,
    kind: RememberedKind,
    counts: ReadonlyMap<string, number>,
  ): Promise<void> {
    const { row } = this.#draft(session)
    const added = this.#remembered.get(row.key) ?? new Map<string, number>()
    for (const [id, count] of counts) added.set(rememberedName(kind, id), count)
    this.#remembered.set(row.key, added)
  }

  async copyImports(from: number, to: number): Promise<void> {
    const imports = [...this.rememberedIn(from)].filter(([name]) =>
      name.startsWith(rememberedName('import', '')),
    )
    const { row } = this.#draft(to)
    this.#remembered.set(row.key, new Map(imports))
  }

  async mark(session: number, upTo: number, principals?: readonly string[]): Promise<MemberRow[]> {
    const draft = this.#draft(session)
    const isMeant = ({ principal }: MemberRow) => principals?.includes(principal) ?? true
    draft.members = draft.members.map((member) =>
      isMeant(member) ? { ...member, readUpTo: Math.max(member.readUpTo, upTo) } : member,
    )
    return draft.members.filter(isMeant)
  }

  async place(keys: readonly number[], removed?: RemovedSession): Promise<void> {
    const members = keys.flatMap((key) => this.find(key)?.members ?? [])
    const principals = new Set([
      ...members.map(({ principal }) => principal),
      ...(removed?.principals ?? []),
    ])
    const sorted = [...principals].toSorted()
    await this.#acquire(sorted.map((principal) => `feed ${principal}`))
    const positions = new Map(
      sorted.map((principal) => [principal, (this.db.feeds.get(principal)?.position ?? 0) + 1]),
    )
    for (const key of keys) {
      const draft = this.#draft(key)
      draft.members = draft.members.map((member) => ({
        ...member,
        position: positions.get(member.principal) ?? member.position,
      }))
    }
    this.#effects.push(() => {
      for (const [principal, position] of positions) {
        const feed = feedOf(this.db, principal)
        feed.position = position
        if (!removed?.principals.includes(principal)) continue
        feed.removals.push({ sessionId: removed.sessionId, revision: position })
        const forgotten = feed.removals.splice(0, feed.removals.length - rememberedRemovals)
        feed.floor = forgotten.at(-1)?.revision ?? feed.floor
      }
    })
  }

  async forgetRemovals(principal: string): Promise<void> {
    await this.#acquire([`feed ${principal}`])
    this.#effects.push(() => {
      const feed = this.db.feeds.get(principal)
      if (feed) feed.floor = feed.removals.splice(0).at(-1)?.revision ?? feed.floor
    })
  }

  protected override rememberedIn(session: number): ReadonlyMap<string, number> {
    const remembered = super.rememberedIn(session)
    const added = this.#remembered.get(session)
    return added ? new Map([...remembered, ...added]) : remembered
  }

  /** Puts a session into the lists of its members. */
  #list({ row, members }: SessionData): void {
    if (isHidden(row)) return
    const { key, id, record } = row
    for (const { principal, position } of members) {
      feedOf(this.db, principal).put({ key, id, recency: record.recency, position })
    }
  }

  async #acquire(resources: readonly Resource[]): Promise<void> {
    for (const resource of resources) await this.db.locks.acquire(this, resource)
  }

  /** @throws Error for a session that is not locked: the engine's mistake */
  #draft(key: number): SessionData {
    const draft = this.#drafts.get(key)
    if (draft) return draft
    const data = this.db.sessions.get(key)
    if (!data || !this.db.locks.holds(this, key)) throw new Error(`Session ${key} is not locked.`)
    const made = { ...data }
    this.#drafts.set(key, made)
    return made
  }
}
