import { textBytes } from '../json.ts'
import { isLifecycle } from '../session-record.ts'
import type { Slice, SliceResult } from '../storage.ts'
import type { Database } from './database.ts'
import { encodeBlock, encodeEvent, type Entry } from './event-codec.ts'
import { Stage } from './live-session.ts'
import type { LiveSessions } from './live-sessions.ts'
import type { MessageReads } from './message-reads.ts'

/** A session is packed when it rests, or when its part of the log passes either bound. */
const unpackedEntries = 1_000
const unpackedBytes = 1024 * 1024

/** Packed entries that stay in memory, so that followers need no block; in bytes. */
const recentBytes = 64 * 1024

interface Context {
  db: Database
  lives: LiveSessions
  messages: MessageReads
  process: string
  /** The new commit's. */
  tag: string
}

/** Writes slices in one transaction. Memory follows only when the database has it. */
export function commit(slices: readonly Slice[], context: Context): SliceResult[] {
  const { db, lives } = context
  const stages = new Map<string, Stage>()
  const results = db.transaction(() => {
    lives.notice()
    const taken = slices.map((slice): SliceResult => {
      const stage = stages.get(slice.sessionId) ?? stageOf(slice.sessionId, lives)
      if (!stage) return { refused: 'session-missing' }
      stages.set(slice.sessionId, stage)
      return take(stage, slice, context)
    })
    for (const stage of stages.values()) pack(stage, context)
    return taken
  })
  for (const stage of stages.values()) adopt(stage, context.tag)
  lives.evict()
  return results
}

function stageOf(sessionId: string, lives: LiveSessions): Stage | undefined {
  const live = lives.find(sessionId)
  return live && new Stage(live)
}

function take(stage: Stage, slice: Slice, context: Context): SliceResult {
  const { db, messages, tag } = context
  const { key, journal } = stage.live
  const result = stage.take(slice, (messageId) => messages.exists(key, messageId))
  if (result.refused !== undefined) return result
  for (const event of result.events) {
    const body = encodeEvent(event)
    const { lastId } = db.run(
      'INSERT INTO log (session, seq, tag, body) VALUES (?, ?, ?, ?)',
      key,
      event.seq,
      tag,
      body,
    )
    stage.added.push({ event, tag, bytes: textBytes(body), logId: lastId })
  }
  const activity = result.events.some(isLifecycle)
  stage.activity ||= activity
  stage.startsRun ||= result.events.some(({ type }) => type === 'run-started')
  stage.rowChanged ||= result.events.some((event) => event.type !== 'message-delta')
  return { ...result, cursor: { journal, seq: stage.record.seq, tag }, activity }
}

/** Writes the session's row when more than text changed, and packs it when it rests. */
function pack(stage: Stage, { db, lives, process, tag }: Context): void {
  const { live, record, added, rowChanged } = stage
  const rests = !record.run && record.queue.length === 0
  const count = live.unpacked.count + added.length
  const bytes = added.reduce((sum, entry) => sum + entry.bytes, live.unpacked.bytes)
  const packs = count >= unpackedEntries || bytes >= unpackedBytes || (rests && rowChanged)
  if (rowChanged || packs) {
    db.run(
      `UPDATE sessions SET record = ?, tag = ?, recency = ?, active = ?, process = coalesce(?, process), updated_at = ?,
       revision = coalesce(?, revision) WHERE key = ?`,
      JSON.stringify(record),
      tag,
      record.recency,
      rests ? 0 : 1,
      stage.startsRun ? process : null,
      added.at(-1)?.event.at ?? 0,
      stage.activity ? lives.nextRevision() : null,
      live.key,
    )
  }
  if (packs) packInto(db, stage)
}

function packInto(db: Database, stage: Stage): void {
  const { live, added } = stage
  const unpacked = [...live.entries.slice(live.entries.length - live.unpacked.count), ...added]
  const [first, last] = [unpacked[0], unpacked.at(-1)]
  if (!first || !last) return
  db.run(
    'INSERT INTO blocks (session, first_seq, last_seq, body) VALUES (?, ?, ?, ?)',
    live.key,
    first.event.seq,
    last.event.seq,
    encodeBlock(unpacked),
  )
  for (const { logId } of unpacked) db.run('DELETE FROM log WHERE id = ?', logId ?? null)
  for (const message of stage.overlay.values()) {
    const { id, order, epoch, role, status } = message
    const open = status === 'open'
    const answered = role === 'assistant' && !open
    db.run(
      `INSERT OR REPLACE INTO messages (session, ord, id, epoch, open, answered, body)
       VALUES (?, ?, ?, ?, ?, ?, ?)`,
      live.key,
      order,
      id,
      epoch,
      Number(open),
      Number(answered),
      JSON.stringify(message),
    )
  }
  stage.packed = true
}

function adopt(stage: Stage, tag: string): void {
  const { live, added } = stage
  live.record = stage.record
  if (added.length > 0) live.tag = tag
  live.entries.push(...added)
  if (stage.packed) {
    live.overlay = new Map([...stage.overlay].filter(([, { status }]) => status === 'open'))
    live.entries = recent(live.entries)
    live.unpacked = { count: 0, bytes: 0 }
  } else {
    live.overlay = stage.overlay
    live.unpacked.count += added.length
    for (const { bytes } of added) live.unpacked.bytes += bytes
  }
}

function recent(entries: readonly Entry[]): Entry[] {
  let bytes = 0
  const last = entries.findLastIndex((entry) => (bytes += entry.bytes) > recentBytes)
  return entries.slice(last + 1)
}
