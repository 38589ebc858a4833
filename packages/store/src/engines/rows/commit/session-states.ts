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
}

/**
 * The states of sessions that this process used last. They may be stale: a read asks for what came
 * after them, and a commit is refused by the fence where they are.
 */
export class SessionStates {
  readonly #kept = new Map<string, LoadedSession>()

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
      return image && !isHidden(image.row) ? this.keep(loadedFrom(image, known[index])) : undefined
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
    return { ...reading, session: this.keep(loadedFrom(reading.image, known)) }
  }

  keep(loaded: LoadedSession): LoadedSession {
    const { id } = loaded.row
    this.#kept.delete(id)
    this.#kept.set(id, loaded)
    if (this.#kept.size > keptStates) {
      for (const [oldest] of this.#kept) {
        this.#kept.delete(oldest)
        break
      }
    }
    return loaded
  }

  drop(id: string): void {
    this.#kept.delete(id)
  }
}

function askFor(id: string, known: LoadedSession | undefined): SessionAsk {
  if (!known) return { id }
  const { row, state } = known
  return { id, known: { key: row.key, base: row.record.seq, seq: state.record.seq } }
}

/** The session of an image, which may continue what was known. */
export function loadedFrom(image: SessionImage, known?: LoadedSession): LoadedSession {
  const { row, open, tail } = image
  const start = open ? fresh(row, open) : known
  if (!start) throw new StorageError('corrupt', `Session ${row.id} cannot be put together.`)
  return tail.length === 0 ? { ...start, row } : withTail({ ...start, row }, tail)
}

function fresh(row: SessionRow, open: readonly Message[]): LoadedSession {
  const overlay = new Map(open.map((message) => [message.id, message]))
  return { row, tag: row.tag, state: { record: row.record, overlay } }
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
