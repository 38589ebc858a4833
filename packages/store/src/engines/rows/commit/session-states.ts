import type { Message } from '@caughtup/schema'
import { applyToMessage } from '@caughtup/schema/fold'

import type { SessionState } from '../../../core/types.ts'
import { StorageError } from '../../../port/storage-error.ts'
import { deepFreeze } from './deep-freeze.ts'
import { isHidden, type SessionRow } from '../tables/rows.ts'
import type { SessionAsk, SessionImage } from '../tables/tables.ts'

/** Sessions whose states are kept; the least recently used leaves first. */
const keptStates = 10_000

/** A session as of its newest entry. */
export interface LoadedSession {
  readonly row: SessionRow
  readonly state: SessionState
  /** Of the newest entry. */
  readonly tag: string
  /**
   * The tag of what is appended to this state: of the opening, or another one where it is not certain that the
   * state continues all that this process knew. What the database lost and what comes in its place have
   * different tags, also if one process wrote both.
   */
  readonly own: string
  /** The database lost some of what this process knew, and the process has not written since. */
  readonly isLost?: true
  /** How many appends had been sent when it was known: what a later one wrote is newer than all of it. */
  readonly since: number
}

/**
 * The states of sessions that this process used last. They may be stale: a read asks for what came
 * after them, and a commit is refused by the fence where they are.
 */
export class SessionStates {
  readonly #kept = new Map<string, LoadedSession>()
  readonly #tag: string
  #tags = 0
  /** Whether a state was forgotten: what is loaded for the first time may have been known before. */
  #hasForgotten = false
  /** Appends that were sent. */
  sent = 0

  /** @param tag - of this opening of the database: its own tags begin with it */
  constructor(tag: string) {
    this.#tag = tag
  }

  get(id: string): LoadedSession | undefined {
    return this.#kept.get(id)
  }

  /**
   * Reads sessions, of those that are known only what is new; `undefined` where there is none, or
   * only a hidden fork.
   */
  async load(
    ids: readonly string[],
    read: (asks: readonly SessionAsk[]) => Promise<readonly (SessionImage | undefined)[]>,
  ): Promise<(LoadedSession | undefined)[]> {
    // Others may load or drop it meanwhile: the answer continues what was known when it was asked for.
    const known = ids.map((id) => this.get(id))
    const images = await read(ids.map((id, index) => askFor(id, known[index])))
    return images.map((image, index) => {
      return image && !isHidden(image.row) ? this.#loaded(image, known[index]) : undefined
    })
  }

  /** The same of one session with something else, read as of one moment. */
  async read<T extends { image: SessionImage }>(
    id: string,
    read: (ask: SessionAsk) => Promise<T | undefined>,
  ): Promise<(T & { session: LoadedSession }) | undefined> {
    const known = this.get(id)
    const reading = await read(askFor(id, known))
    if (!reading || isHidden(reading.image.row)) return undefined
    return { ...reading, session: this.#loaded(reading.image, known) }
  }

  #loaded(image: SessionImage, known: LoadedSession | undefined): LoadedSession {
    const loaded = loadedFrom(image, known, image.open && this.#ownTag(image, known))
    if (known === this.get(image.row.id)) {
      return this.keep(loaded, loaded.state === known?.state ? known.since : this.sent)
    }
    // Another call went on from there, or gave up, and may have used the tag.
    return { ...loaded, own: this.#newTag(), since: this.sent }
  }

  #ownTag({ row, isLost }: SessionImage, known: LoadedSession | undefined): string {
    // Keys ascend: a higher one is of a session that was made after the known one was deleted.
    if (!known || row.key > known.row.key) return this.#hasForgotten ? this.#newTag() : this.#tag
    return isLost || row.key < known.row.key ? this.#newTag() : known.own
  }

  #newTag(): string {
    this.#tags++
    return `${this.#tag}${this.#tags.toString(36)}`
  }

  /** @param since - how many appends had been sent when it was known for certain to be there */
  keep(loaded: LoadedSession, since = this.sent): LoadedSession {
    const { id } = loaded.row
    const kept = { ...loaded, since }
    this.#kept.delete(id)
    this.#kept.set(id, kept)
    if (this.#kept.size > keptStates) {
      for (const [oldest] of this.#kept) {
        this.drop(oldest)
        break
      }
    }
    return kept
  }

  drop(id: string): void {
    if (this.#kept.delete(id)) this.#hasForgotten = true
  }

  /** Something that was to continue the state has failed, and may be written. */
  doubt(id: string): void {
    const kept = this.get(id)
    if (kept) this.keep({ ...kept, own: this.#newTag() })
  }
}

function askFor(id: string, known: LoadedSession | undefined): SessionAsk {
  if (!known) return { id }
  const { row, state, tag } = known
  return { id, known: { key: row.key, base: row.record.seq, seq: state.record.seq, tag } }
}

/**
 * The session of an image, which may continue what was known.
 *
 * @param own - the tag of what is appended to it, if it continues nothing
 */
export function loadedFrom(image: SessionImage, known?: LoadedSession, own = ''): LoadedSession {
  const { row, open, tail } = image
  const isLost = image.isLost ?? known?.isLost
  const start = open ? { ...fresh(row, open, own), ...(isLost && { isLost }) } : known
  if (!start) throw new StorageError('corrupt', `Session ${row.id} cannot be put together.`)
  return tail.length === 0 ? { ...start, row } : withTail({ ...start, row }, tail)
}

function fresh(row: SessionRow, open: readonly Message[], own: string): LoadedSession {
  const overlay = new Map(open.map((message) => [message.id, message]))
  return { row, tag: row.tag, own, since: 0, state: { record: row.record, overlay } }
}

/** After rows of deltas. */
function withTail(loaded: LoadedSession, tail: SessionImage['tail']): LoadedSession {
  const overlay = new Map(loaded.state.overlay)
  let { record } = loaded.state
  let { tag } = loaded
  for (const row of tail) {
    tag = row.tag
    for (const event of row.events) {
      const message = 'messageId' in event ? overlay.get(event.messageId ?? '') : undefined
      if (event.type !== 'message-delta' || !message || event.from !== record.seq + 1) {
        throw new StorageError(
          'corrupt',
          `Entry ${event.seq} of session ${loaded.row.id} does not follow from what is before it.`,
        )
      }
      overlay.set(message.id, deepFreeze(applyToMessage(message, event)))
      record = { ...record, seq: event.seq }
    }
  }
  return { ...loaded, tag, state: { record, overlay } }
}
