import { isDeepStrictEqual } from 'node:util'

import { messageMetadata } from '@caughtup/schema'
import type { ImportedRow } from '@caughtup/store'

import { isEmpty, isRecord, jsonBytes } from '../base/values.ts'
import type { Note } from './transcript.ts'

export type RowMetadata = NonNullable<ImportedRow['metadata']>

/** The metadata that is kept; runs and boundaries of another session do not exist here. */
const kept = messageMetadata.omit({ createdAt: true, runId: true, boundary: true })

/** The most bytes of JSON that a message keeps under `foreign`, or under `custom`. */
const maxForeignBytes = 16 * 1024

/**
 * Metadata of a row: the members that a message here has, and the rest under `foreign`, up to 16 KiB.
 *
 * @param known - members by the names that messages have; those of another form, and a `custom` that is too
 *   large, go under `foreign`
 * @param others - the other members of the transcript's message
 */
export function keepMetadata(
  known: Readonly<Record<string, unknown>>,
  others: Readonly<Record<string, unknown>>,
  note: Note,
): RowMetadata | undefined {
  const found: Record<string, unknown> = {}
  const rest: [string, unknown][] = []
  for (const [name, value] of Object.entries(known)) {
    if (isEmpty(value) || name === 'foreign') continue
    const fits = name !== 'custom' || jsonBytes(value) <= maxForeignBytes
    const isKept =
      fits && Object.hasOwn(kept.shape, name) && kept.safeParse({ [name]: value }).success
    if (isKept) found[name] = value
    else rest.push([name, value])
  }
  const before = isRecord(known['foreign']) ? Object.entries(known['foreign']) : []
  const foreign = within(maxForeignBytes, [...before, ...rest, ...Object.entries(others)], note)
  const { data = {} } = kept.safeParse({ ...found, ...(foreign && { foreign }) })
  return Object.keys(data).length > 0 ? data : undefined
}

/** Joins the `foreign` metadata of two steps of an answer; the first value of a member is kept. */
export function joinForeign(
  first: RowMetadata['foreign'],
  second: RowMetadata['foreign'],
  note: Note,
): RowMetadata['foreign'] {
  if (!first || !second) return first ?? second
  const added = Object.entries(second).filter(
    ([name, value]) => !isDeepStrictEqual(first[name], value),
  )
  const foreign = within(maxForeignBytes, [...Object.entries(first), ...added], note)
  return kept.safeParse({ foreign }).data?.foreign
}

function within(
  limit: number,
  members: readonly (readonly [string, unknown])[],
  note: Note,
): Record<string, unknown> | undefined {
  const held = new Map<string, unknown>()
  let size = 0
  for (const [name, value] of members) {
    if (isEmpty(value)) continue
    size += name.length + jsonBytes(value)
    if (size > limit || held.has(name) || name === '__proto__') note.lost(`${name} is dropped`)
    else held.set(name, value)
  }
  return held.size > 0 ? Object.fromEntries(held) : undefined
}

/** Members of a part that only its provider understands, without empty ones. */
export function providerMetadata(
  provider: string,
  members: Readonly<Record<string, unknown>>,
  name = 'providerMetadata',
): Record<string, unknown> {
  const said = Object.entries(members).filter(([, value]) => !isEmpty(value))
  return said.length === 0 ? {} : { [name]: { [provider]: Object.fromEntries(said) } }
}
