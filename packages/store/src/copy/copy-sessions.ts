import { CaughtupError } from '@caughtup/schema'
import { type Clock, systemClock } from '@caughtup/schema/clock'

import { pacer } from '../base/pacer.ts'
import { cursorVerdict } from '../core/reading/cursor-verdict.ts'
import { copyOutdated, copyOvertaken, sessionExistsThere } from '../errors/copy-errors.ts'
import { assertInput } from '../input/assert-input.ts'
import { object, optionalFunction } from '../input/kinds.ts'
import type { CopyPlace } from '../port/session-copy.ts'
import type { IdleSession } from '../port/sessions.ts'
import type { Storage, StorageFactory } from '../port/storage.ts'

/** Sessions of which the source tells at once. */
const pageSessions = 100

export interface CopyOptions {
  /**
   * The database that is read. Nothing may write to it meanwhile: of SQLite, `sqlite({ path, exclusive: true })`
   * sees to that. Its forks and erasures that were interrupted are completed.
   */
  from: StorageFactory
  /** The database that is written. It may be in use, and have other sessions. */
  to: StorageFactory
  /** Called after each stretch of a session that was written, of at most about 2 MiB or 500 rows. */
  onProgress?: (progress: CopyProgress) => void
  /** Ends the copying after a stretch. */
  signal?: AbortSignal
  /** @default the machine's clock */
  clock?: Clock
  /** Numbers in [0, 1) for tags. @default Math.random */
  random?: () => number
}

/** How many sessions there are so far. */
export interface CopiedSessions {
  /** Copied now. */
  copied: number
  /** Were there already, from an earlier copying. */
  known: number
  /** Rows of the source that could not be decoded; each reading of one counts. */
  unreadable: number
}

export interface CopyProgress extends CopiedSessions {
  /** The session that is copied, and the number of the stretch, from 1. */
  sessionId: string
  stretch: number
}

/**
 * Copies all sessions of one database to another: whole journals with their names and tags, so that clients go
 * on with their cursors, messages and their hidden versions, members, read marks, usage, used ids, and owed
 * calls of hooks. Feeds of session lists begin anew, so clients get these lists complete.
 *
 * A session is shown in the target once it is complete, and is not copied again. So a copying that was
 * interrupted, however it was, is completed by another one; the session that it was at begins anew.
 *
 * @throws CaughtupError `CONFLICT` that names the session: `session-exists` where the target has another one of
 *   that id, `session-changed` where somebody writes to the source, or wrote to a session that had been copied,
 *   `copy-overtaken` where another copying to the target is at the same session; StorageError where a database
 *   cannot be opened, read or written; the signal's reason
 */
export async function copySessions(options: CopyOptions): Promise<CopiedSessions> {
  assertInput('options', options, object)
  const { onProgress, signal, clock = systemClock, random = Math.random } = options
  assertInput('onProgress', onProgress, optionalFunction)
  const from = await options.from.open({ clock, random })
  try {
    const to = await options.to.open({ clock, random })
    try {
      const turn = pacer(clock, signal)
      const sum = { copied: 0, known: 0, unreadable: 0 }
      while (await from.maintain({ retention: false })) await turn()
      for await (const id of sessionIds(from)) {
        if (await isCopied(id, from, to)) {
          sum.known++
          continue
        }
        for await (const stretch of copySession(id, from, to)) {
          sum.unreadable = from.stats().unreadable
          onProgress?.({ ...sum, sessionId: id, stretch })
          await turn()
        }
        sum.copied++
      }
      return { ...sum, unreadable: from.stats().unreadable }
    } finally {
      await to.close()
    }
  } finally {
    await from.close()
  }
}

/** The sessions of everybody, those that have been idle longest first. */
async function* sessionIds(storage: Storage): AsyncGenerator<string, void, undefined> {
  for (let after: IdleSession | undefined; ;) {
    const query = { until: Infinity, limit: pageSessions, ...(after && { after }) }
    const page = await storage.idleSessions(query)
    for (const { sessionId } of page) yield sessionId
    after = page.at(-1)
    if (!after) break
  }
  for (const { sessionId } of await storage.activeRuns()) yield sessionId
}

/**
 * Whether the target has all of the session.
 *
 * @throws CaughtupError `CONFLICT` for another session of that id, or an older copy
 */
async function isCopied(id: string, from: Storage, to: Storage): Promise<boolean> {
  const there = await to.session(id)
  if (!there) return false
  const { cursor } = await from.state(id)
  const state = await to.state(id, { tagAt: cursor.seq })
  if (state.cursor.journal !== cursor.journal) throw sessionExistsThere(id)
  const verdict = cursorVerdict(cursor, state)
  // The target's own retention may have removed that entry by now.
  if (verdict === 'ok' || verdict === 'cursor-expired') return true
  throw copyOutdated(id)
}

/** Yields the number of each stretch once it is written. */
async function* copySession(
  id: string,
  from: Storage,
  to: Storage,
): AsyncGenerator<number, void, undefined> {
  for (let place: CopyPlace | undefined; ;) {
    const copy = await from.readSession(id, place)
    try {
      await to.writeSession(copy)
    } catch (error) {
      throw copyFailure(error, id, copy.stretch)
    }
    yield copy.stretch
    place = copy.next
    if (!place) return
  }
}

/** What a refused stretch means here. */
function copyFailure(error: unknown, id: string, stretch: number): unknown {
  if (!(error instanceof CaughtupError)) return error
  if (error.code === 'NOT_FOUND' && stretch > 1) return copyOvertaken(id)
  // It was not there a moment ago: a fork that is hidden, or another copying.
  return error.code === 'CONFLICT' ? sessionExistsThere(id) : error
}
