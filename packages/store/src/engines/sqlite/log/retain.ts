import { countKept, retentionFloor, trimFloor } from '../../../journal/retention.ts'
import { type Segment, segmentsAfter } from '../../../journal/segment.ts'
import type { Retention } from '../../../port/storage.ts'
import { decodeBlock, tagInBlock } from '../codec/block-codec.ts'
import type { CachedSession } from '../cache/cached-session.ts'
import type { CommitContext } from './commit.ts'
import type { Database, Row } from '../file/database.ts'
import { packAll } from './pack.ts'

/**
 * Hides entries of a session that are too old or too many, by raising its floor: the newest seq that
 * readers no longer get. A block is deleted once all its entries are hidden and no open message
 * needs them.
 *
 * @param row - the session's row, with the `first_at` of its oldest block above the floor
 */
export function retain(
  row: Row,
  { age, events }: Exclude<Retention, false>,
  context: CommitContext,
  now: number,
): void {
  const { db, cache } = context
  const [key, floor] = [Number(row['key']), Number(row['floor'])]
  const before = now - age
  const newest = cache.newestSeq(row)
  const mayBeTooMany = newest - floor > events
  // Unpacked entries have no block whose `first_at` would tell their age, so they are packed first.
  const mayBeOld = row['first_at'] === null ? newest > floor : Number(row['first_at']) < before
  if (!mayBeTooMany && !mayBeOld) return
  const cached = db.snapshot(() => {
    cache.notice()
    return cache.find(String(row['id']))
  })
  if (!cached) return
  packAll([cached], context)
  db.transaction(() => {
    cache.notice()
    const surplus = mayBeTooMany ? keptAfter(db, key, floor) - events : 0
    const needed = neededUpTo(cached)
    const upTo = retentionFloor(segmentsOf(db, key, floor), { surplus, before, needed })
    raiseFloor(cached, context, upTo)
  })
}

/** Hides the entries of a packed session up to a seq, within a transaction; see `retain`. */
export function trim(cached: CachedSession, context: CommitContext, upTo: number): void {
  raiseFloor(cached, context, trimFloor(upTo, { newest: cached.seq, needed: neededUpTo(cached) }))
}

function raiseFloor({ key }: CachedSession, context: CommitContext, seq: number): void {
  const { db } = context
  if (seq > floorOf(db, key)) {
    const block = db.get(
      'SELECT body FROM blocks WHERE session = ? AND first_seq <= ? ORDER BY first_seq DESC LIMIT 1',
      key,
      seq,
    )
    const tag = tagInBlock(block?.['body'], seq) ?? ''
    db.run('UPDATE sessions SET floor = ?, floor_tag = ? WHERE key = ?', seq, tag, key)
  }
  removeBlocks(context, key)
}

/** The lowest revision of an open message: what follows it stays. */
function neededUpTo({ overlay }: CachedSession): number {
  const open = [...overlay.values()].filter(({ status }) => status === 'open')
  return Math.min(...open.map(({ revision }) => revision))
}

function floorOf(db: Database, key: number): number {
  return Number(db.get('SELECT floor FROM sessions WHERE key = ?', key)?.['floor'] ?? 0)
}

/** Removes blocks below the floor, except those that the rows of open messages still need. */
function removeBlocks({ db, messages }: CommitContext, key: number): void {
  const revisions = messages.open(key).map(({ revision }) => revision)
  const last = Math.min(floorOf(db, key), ...revisions)
  db.run('DELETE FROM blocks WHERE session = ? AND last_seq <= ?', key, last)
}

/** How many entries there are above the floor, as retention counts them. */
function keptAfter(db: Database, key: number, floor: number): number {
  const row = db.get(
    'SELECT coalesce(sum(entries), 0) AS n FROM blocks WHERE session = ? AND first_seq > ?',
    key,
    floor,
  )
  const [cut] = db.all(
    'SELECT * FROM blocks WHERE session = ? AND first_seq <= ? AND last_seq > ?',
    key,
    floor,
    floor,
  )
  return Number(row?.['n']) + (cut ? countKept(segmentsAfter(segmentsIn(cut), floor)) : 0)
}

function* segmentsOf(db: Database, key: number, floor: number): Iterable<Segment> {
  const blocks = db.iterate(
    'SELECT * FROM blocks WHERE session = ? AND last_seq > ? ORDER BY first_seq',
    key,
    floor,
  )
  for (const block of blocks) yield* segmentsAfter(segmentsIn(block), floor)
}

function segmentsIn(block: Row): Segment[] {
  const [firstSeq, lastSeq] = [Number(block['first_seq']), Number(block['last_seq'])]
  return decodeBlock(block['body'], { firstSeq, lastSeq })
}
