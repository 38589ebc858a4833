import { createHash } from 'node:crypto'

import { CaughtupError, preview } from '@caughtup/schema'

import type { TranscriptState } from '../host/transcript.ts'

/**
 * A short text that is the same for equal states only.
 *
 * @throws CaughtupError `BAD_INPUT` for anything else: states that look equal without being it would
 *   hide changes
 */
export function stateKey(state: TranscriptState): string {
  const members = isPlain(state) ? Object.entries(state).toSorted(byName) : [['', state]]
  for (const [, value] of members) {
    if (value === undefined || typeof value === 'string' || Number.isFinite(value)) continue
    throw new CaughtupError(
      'BAD_INPUT',
      `transcript.probe returned ${preview(state)}; it must be a text, a finite number, or an object of these.`,
      { field: 'transcript.probe', value: preview(state) },
    )
  }
  return createHash('sha256').update(JSON.stringify(members)).digest('base64url')
}

function isPlain(state: unknown): state is Readonly<Record<string, unknown>> {
  if (typeof state !== 'object' || state === null) return false
  const prototype: unknown = Object.getPrototypeOf(state)
  return prototype === Object.prototype || prototype === null
}

function byName([a]: [string, unknown], [b]: [string, unknown]): number {
  return a < b ? -1 : 1
}
