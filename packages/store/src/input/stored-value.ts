import { isDeepStrictEqual } from 'node:util'

import {
  CaughtupError,
  count,
  event as eventSchema,
  type EventDraft,
  type HistoryDraft,
  message as messageSchema,
  parseJson,
  type Part,
  part as partSchema,
  preview,
  timestamp,
} from '@caughtup/schema'
import { isHistoryDraft } from '@caughtup/schema/event'

import { sequence } from '../core/sequence.ts'
import { newRecord } from '../core/evolve.ts'

/** Levels of arrays and objects; SQLite's JSON functions know 1,000 (https://sqlite.org/json1.html). */
const maxDepth = 500

/**
 * The value as it will be read back from a database: a copy without anything that has no JSON form.
 * `undefined` becomes `null`, and members named `__proto__` are dropped.
 *
 * @throws CaughtupError `BAD_INPUT` (`not-json`, `too-deep`)
 */
export function storedValue(value: unknown): unknown {
  const stored = copied(value)
  if (isWithin(stored, maxDepth)) return stored
  throw new CaughtupError(
    'BAD_INPUT',
    `A value is nested more than ${maxDepth} levels deep, which not every database can read.`,
    { limit: maxDepth, reason: 'too-deep' },
  )
}

function copied(value: unknown): unknown {
  try {
    return parseJson(JSON.stringify(value) ?? 'null')
  } catch (error) {
    throw new CaughtupError(
      'BAD_INPUT',
      `A value cannot be stored because it has no JSON form: ${String(error)}`,
      { value: preview(value), reason: 'not-json' },
      { cause: error },
    )
  }
}

/**
 * A draft as it will be read back.
 *
 * @throws CaughtupError `BAD_INPUT` for a draft that would not read back as its event
 */
export function storedDraft<T extends EventDraft>(draft: T): T {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- checked as an event below
  const stored = storedValue(draft) as T
  const { error } = isHistoryDraft(stored)
    ? checkHistory(stored)
    : eventSchema.safeParse(storedValue(sequence(newRecord(0), stored, 0)))
  if (!error) return stored
  const [issue] = error.issues
  const field = `${draft.type}.${issue?.path.join('.') ?? ''}`
  throw new CaughtupError('BAD_INPUT', `${field}: ${issue?.message}`, {
    field,
    value: preview(draft),
    reason: 'not-an-event',
  })
}

/**
 * A part as it will be read back.
 *
 * @throws CaughtupError `BAD_INPUT` for a value that would not read back as a part
 */
export function storedPart(part: Part): Part {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- checked as a part below
  const stored = storedValue(part) as Part
  const { error } = partSchema.safeParse(stored)
  if (!error) return stored
  throw new CaughtupError('BAD_INPUT', `parts: ${error.issues[0]?.message}`, {
    field: 'parts',
    value: preview(part),
    reason: 'not-a-part',
  })
}

function isWithin(value: unknown, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return true
  return levels > 0 && Object.values(value).every((each) => isWithin(each, levels - 1))
}

/** Whether a value would read back as `stored`. */
export function isStored(stored: unknown, value: unknown): boolean {
  return isDeepStrictEqual(stored, value) || isDeepStrictEqual(stored, storedValue(value))
}

/** Checks the members of a history draft that callers give. */
function checkHistory(draft: HistoryDraft) {
  const place = { order: 0, revision: 0, epoch: 0 }
  switch (draft.type) {
    case 'imported': {
      const checks = draft.messages.map((each) => messageSchema.safeParse({ ...each, ...place }))
      const { recency = 0 } = draft
      return checks.find(({ error }) => error) ?? timestamp.safeParse(recency)
    }
    case 'message-replaced': {
      const { messageId: id, parts, metadata = { createdAt: 0 } } = draft
      const message = { ...place, id, role: 'user', status: 'done', parts, metadata }
      return messageSchema.safeParse(message)
    }
    case 'history-truncated': {
      const { keep } = draft
      // Without it, what is taken is gone for good.
      const isForGood = keep === undefined && !('undo' in draft) && !('before' in draft)
      return isForGood ? { error: undefined } : count.safeParse(keep)
    }
    case 'message-deleted':
    case 'history-restored':
    case 'message-erased':
      return { error: undefined }
  }
}
