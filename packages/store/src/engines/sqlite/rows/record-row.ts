import { contextUsage, count, run, runError, timestamp, usageLedger } from '@caughtup/schema'

import { cut, type Segment } from '../../../journal/segment.ts'
import { applyToRecord, newRecord, type SessionRecord } from '../../../core/evolve.ts'
import type { Database, Row } from '../file/database.ts'
import { readQueue } from './queue-rows.ts'

/** The record from a session's row and its queue's rows; `undefined` if the session's row is damaged. */
export function recordIn(row: Row, db: Database): SessionRecord | undefined {
  let value: unknown
  try {
    value = JSON.parse(String(row['record']))
  } catch {
    return undefined
  }
  return isRecord(value) ? { ...value, queue: readQueue(db, row) } : undefined
}

/** Encodes the record for its session's row; the queue has rows of its own. */
export function encodeRecord({ queue: _, ...record }: SessionRecord): string {
  return JSON.stringify(record)
}

/** Rebuilds a damaged record, as far as possible, from the journal's blocks and the message rows. */
export function rebuildRecord(
  row: Row,
  blocks: readonly Segment[],
  db: Pick<Database, 'get'>,
): SessionRecord {
  const key = Number(row['key'])
  let record = newRecord(Number(row['created_at']))
  for (const segment of blocks) {
    const event = cut(segment, segment.from, segment.seq)
    record =
      event.type === 'unreadable' ? { ...record, seq: event.seq } : applyToRecord(record, event)
  }
  const messages = db.get(
    `SELECT coalesce(max(ord), 0) AS last, coalesce(max(epoch), 0) AS epoch,
     count(*) FILTER (WHERE hidden = 0) AS n FROM messages WHERE session = ?`,
    key,
  )
  const epoch = Math.max(record.epoch, Number(messages?.['epoch'] ?? 0))
  const older = db.get(
    'SELECT coalesce(max(ord), 0) AS last FROM messages WHERE session = ? AND epoch < ?',
    key,
    epoch,
  )
  return {
    ...record,
    epoch,
    seq: Math.max(record.seq, Number(row['packed'])),
    lastOrder: Math.max(record.lastOrder, Number(messages?.['last'] ?? 0)),
    epochStart: Math.max(record.epochStart, Number(older?.['last'] ?? 0)),
    messageCount: Number(messages?.['n'] ?? 0),
  }
}

const required = {
  seq: count,
  epoch: count,
  lastOrder: count,
  epochStart: count,
  generation: count,
  messageCount: count,
  next: count,
  recency: timestamp,
}

const optional = {
  run,
  usage: usageLedger,
  contextUsage,
  lastMessageAt: timestamp,
  lastError: runError,
}

function isRecord(value: unknown): value is Omit<SessionRecord, 'queue'> {
  const fields: Record<string, unknown> = Object(value)
  const { canUndo, canRedo, lastModel, lastThinkingLevel } = fields
  return (
    Object.entries(required).every(([name, schema]) => schema.safeParse(fields[name]).success) &&
    Object.entries(optional).every(
      ([name, schema]) => fields[name] === undefined || schema.safeParse(fields[name]).success,
    ) &&
    [canUndo, canRedo].every((each) => typeof each === 'boolean') &&
    [lastModel, lastThinkingLevel].every((each) => each === undefined || typeof each === 'string')
  )
}
