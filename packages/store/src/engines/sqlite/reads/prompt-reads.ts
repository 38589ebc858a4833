import { Buffer } from 'node:buffer'

import { byNewestPrompt, examinedPrompts, promptAuthor } from '../../../core/reading/prompts.ts'
import type { FoundPrompt, PromptPlace, PromptQuery, PromptStep } from '../../../port/reading.ts'
import type { SessionCache } from '../cache/session-cache.ts'
import type { Database, Row } from '../file/database.ts'
import { messageIn } from '../rows/message-rows.ts'
import type { Search } from './search.ts'

/** A prompt by its place. Its row is read only if it is returned; without a session, its author left. */
type Candidate = { place: PromptPlace } & (FoundPrompt | { row: number; sessionId?: string })

/** Reads the prompts that a principal sent, of all its sessions. */
export class PromptReads {
  readonly #db: Database
  readonly #cache: SessionCache
  readonly #search: Search

  constructor(db: Database, cache: SessionCache, search: Search) {
    this.#db = db
    this.#cache = cache
    this.#search = search
  }

  step(query: PromptQuery): PromptStep {
    const unpacked = this.#unpacked(query)
    const packed = this.#packed(query).filter(
      ({ place }) => !unpacked.some((each) => byNewestPrompt(each.place, place) === 0),
    )
    const candidates = [...unpacked, ...packed]
      .sort((a, b) => byNewestPrompt(a.place, b.place))
      .slice(0, examinedPrompts)
    const prompts: FoundPrompt[] = []
    let bytes = 0
    let last = query.after
    for (const candidate of candidates) {
      const found = this.#found(candidate)
      if (found) {
        bytes += Buffer.byteLength(JSON.stringify(found.message))
        const isFull = prompts.length === query.limit || bytes > query.bytes
        if (isFull && prompts.length > 0 && last) return { prompts, next: last }
        prompts.push({ sessionId: found.sessionId, message: found.message })
      }
      last = candidate.place
    }
    const isEnd = candidates.length < examinedPrompts || !last
    return { prompts, ...(!isEnd && { next: last }) }
  }

  /** Prompts whose rows are not written yet; those of other sessions are left out. */
  #unpacked({ author, after }: PromptQuery): (FoundPrompt & { place: PromptPlace })[] {
    return this.#search.unpacked({ principal: author }, this.#cache).flatMap((id) => {
      const cached = this.#cache.find(id)
      return [...(cached?.overlay.values() ?? [])].flatMap((message) => {
        const { order, metadata } = message
        const place = { createdAt: metadata.createdAt, session: cached?.key ?? 0, order }
        if (promptAuthor(message) !== author) return []
        return after && byNewestPrompt(place, after) <= 0 ? [] : [{ place, sessionId: id, message }]
      })
    })
  }

  #packed({ author, after }: PromptQuery): Candidate[] {
    const { createdAt = Number.MAX_SAFE_INTEGER, session = 0, order = 0 } = after ?? {}
    // The order of `byNewestPrompt` in core/reading/prompts.ts.
    const rows = this.#db.all(
      `SELECT found.*, sessions.id AS session_id FROM (
         SELECT key, created, session, ord FROM messages
         WHERE author = ?1 AND hidden = 0 AND (created, session, ord) < (?2, ?3, ?4)
         ORDER BY created DESC, session DESC, ord DESC LIMIT ?5
       ) AS found
       LEFT JOIN members ON members.principal = ?1 AND members.session = found.session
       LEFT JOIN sessions ON sessions.key = members.session AND sessions.fork_of IS NULL`,
      author,
      createdAt,
      session,
      order,
      examinedPrompts,
    )
    return rows.map((row) => {
      const { key, session_id: sessionId } = row
      const told = typeof sessionId === 'string' && { sessionId }
      return { place: placeIn(row), row: Number(key), ...told }
    })
  }

  #found(candidate: Candidate): FoundPrompt | undefined {
    if ('message' in candidate) return candidate
    const { sessionId, row: key } = candidate
    if (sessionId === undefined) return undefined
    const row = this.#db.get('SELECT ord, id, epoch, body FROM messages WHERE key = ?', key)
    const message = row && messageIn(this.#db, row)
    return message && { sessionId, message }
  }
}

function placeIn(row: Row): PromptPlace {
  return {
    createdAt: Number(row['created']),
    session: Number(row['session']),
    order: Number(row['ord']),
  }
}
