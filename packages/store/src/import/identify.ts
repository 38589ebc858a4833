import { createHash } from 'node:crypto'

import { id as messageId, type Part } from '@caughtup/schema'

import { storedValue } from '../input/stored-value.ts'
import { canonicalJson } from './canonical-json.ts'
import type { ImportedRow } from './imported-row.ts'

export interface IdentifiedRow {
  row: ImportedRow
  /** Identifies the row in later imports. */
  identity: string
  /** Tells whether two rows of one identity have the same content. */
  contentHash: string
  /**
   * The id of its message: its own if that is a valid message id, or else one derived from the identity
   * and the number of its occurrence, so that it is the same in every import.
   */
  messageId: string
  /** Characters of its content's JSON. */
  size: number
}

/**
 * Identifies rows for later imports. The session remembers these keys also when its messages are
 * edited or removed:
 *
 * - identity with an id: `id:` and the id, or its hash if it is not a valid message id
 * - identity without an id: `f1:` and the hash of `{ role, createdAt, content }`, where `content` leaves
 *   out everything that may still change: states, provider metadata, step marks and tool results
 * - content hash: `c1:` and the hash of the identity and all parts
 *
 * A hash is the first 128 bits of SHA-256 over the {@link canonicalJson}, in base64url. The README has
 * the details.
 *
 * @param seen - counts each identity over the earlier rows of the transcript; is updated
 * @throws CaughtupError `BAD_INPUT` (`not-json`) for a row without a JSON form
 */
export function identify(
  rows: readonly ImportedRow[],
  seen = new Map<string, number>(),
): IdentifiedRow[] {
  return rows.map((row) => {
    const identity = identityOf(row)
    const content = json({ identity, parts: row.parts.map(withoutState) })
    const identified = {
      row,
      identity,
      contentHash: `c1:${shortHash(content)}`,
      size: content.length,
    }
    const { id } = row
    if (id !== undefined && isMessageId(id)) return { ...identified, messageId: id }
    // Rows with the same id are one message.
    const nth = id === undefined ? (seen.get(identity) ?? 0) + 1 : 1
    seen.set(identity, nth)
    return { ...identified, messageId: derivedId(identity, nth) }
  })
}

function isMessageId(id: string): boolean {
  return messageId.safeParse(id).success
}

function identityOf({ id, role, createdAt, parts }: ImportedRow): string {
  if (id !== undefined) return `id:${isMessageId(id) ? id : hash(id)}`
  const content = parts.filter(({ type }) => type !== 'step-start').map(contentOf)
  return `f1:${hash({ role, createdAt: createdAt ?? null, content })}`
}

function contentOf(part: Part): unknown {
  if (part.type === 'dynamic-tool') {
    const { type, toolCallId, toolName } = part
    return { type, toolCallId, toolName, input: 'input' in part ? part.input : part.rawInput }
  }
  return { ...part, state: undefined, providerMetadata: undefined }
}

/** Text has the same content while it streams and once it is done. */
function withoutState(part: Part): unknown {
  return part.type === 'text' || part.type === 'reasoning' ? { ...part, state: undefined } : part
}

function hash(value: unknown): string {
  return shortHash(json(value))
}

function json(value: unknown): string {
  return canonicalJson(storedValue(value))
}

function derivedId(identity: string, nth: number): string {
  return shortHash(`${identity} ${nth}`)
}

function shortHash(text: string): string {
  return createHash('sha256').update(text).digest().subarray(0, 16).toString('base64url')
}
