import { createHash } from 'node:crypto'

import { id as messageId, type Part } from '@caughtup/schema'

import { storedValue } from '../input/stored-value.ts'
import { canonicalJson } from './canonical-json.ts'
import type { ImportedRow } from './imported-row.ts'

export interface IdentifiedRow {
  row: ImportedRow
  /** What the row is known by in later imports. */
  identity: string
  /** What it says as well as who it is: of two rows of one identity, whether they say the same. */
  said: string
  /**
   * The id of the message that it becomes: its own where that can be a message's id, and else one
   * that follows from the identity and how often it came, so that it is the same in every import.
   */
  messageId: string
}

/**
 * Rows with what they are known by, which is remembered beside the session and outlives edits and
 * removals of the local copy:
 *
 * - `id:` and the row's id where it can be a message's id, else `id:` and the hash of the id
 * - without an id, `f1:` and the hash of `{ role, createdAt, content }`; `createdAt` is `null` where
 *   it is not known
 *
 * `content` has what each part says and not how far it came: `state` and provider metadata are left
 * out, as are step marks, and of a tool call only `toolCallId`, `toolName` and `input` count, because
 * its answer may come later. A hash is the first 128 bits of SHA-256 over the UTF-8 of the
 * {@link canonicalJson}, in base64url.
 *
 * What the row said in full (`c1:` and a hash of its identity and its parts) is remembered too, so
 * that a later state of the same row is told from the row itself.
 *
 * @param come - how often each identity came in earlier rows of the transcript; is counted on
 * @throws CaughtupError `BAD_INPUT` (`not-json`) for a row that has no JSON form
 */
export function identify(
  rows: readonly ImportedRow[],
  come = new Map<string, number>(),
): IdentifiedRow[] {
  return rows.map((row) => {
    const identity = identityOf(row)
    const said = `c1:${hash({ identity, parts: row.parts.map(saidBy) })}`
    const { id } = row
    if (id !== undefined && isMessageId(id)) return { row, identity, said, messageId: id }
    // A row with an id is one message, however often it comes.
    const nth = id === undefined ? (come.get(identity) ?? 0) + 1 : 1
    come.set(identity, nth)
    return { row, identity, said, messageId: derivedId(identity, nth) }
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

/** All of it; a text that streamed over there says the same once it is done. */
function saidBy(part: Part): unknown {
  return part.type === 'text' || part.type === 'reasoning' ? { ...part, state: undefined } : part
}

function hash(value: unknown): string {
  return shortHash(canonicalJson(storedValue(value)))
}

function derivedId(identity: string, nth: number): string {
  return shortHash(`${identity} ${nth}`)
}

function shortHash(text: string): string {
  return createHash('sha256').update(text).digest().subarray(0, 16).toString('base64url')
}
