import { CaughtupError, type Limits, message, preview } from '@caughtup/schema'

import { storedValue } from '../input/stored-value.ts'
import { assertInput } from '../input/assert-input.ts'
import { type Kind, object, whole, yesOrNo } from '../input/kinds.ts'
import { assertMessageSize } from '../input/assert-limits.ts'
import type { ImportedRow } from './imported-row.ts'

const maxIdLength = 1_000
const rowId: Kind = {
  words: `a string of 1 to ${maxIdLength} characters`,
  is: (value) => typeof value === 'string' && value !== '' && value.length <= maxIdLength,
  limit: maxIdLength,
}

/** Members of a message that have no meaning in another session, and so are not reported as dropped. */
const place = { order: 0, revision: 0, epoch: 0, status: 'done' } as const

/**
 * Checks a row, and returns it in its JSON form with only the members that a message has, and without
 * runs and boundaries.
 *
 * @param lost - called with the path of each dropped member: `NAME`, `parts.NAME`, `metadata.NAME`
 * @throws CaughtupError `BAD_INPUT` or `TOO_LARGE`, whose `field` begins with the row: `rows.3.parts`
 */
export function checkRow(
  value: unknown,
  index: number,
  limits: Readonly<Limits>,
  lost: (path: string) => void,
): ImportedRow {
  const field = `rows.${index}`
  const row = asObject(field, value)
  const given = asObject(
    field,
    inRow(field, () => storedValue(row)),
  )
  const { id, complete, role, parts, createdAt, metadata = {}, ...others } = given
  if (id !== undefined) assertInput(`${field}.id`, id, rowId)
  if (complete !== undefined) assertInput(`${field}.complete`, complete, yesOrNo)
  const { createdAt: own, ...said } = asObject(`${field}.metadata`, metadata)
  const time = createdAt ?? own
  if (time !== undefined) assertInput(`${field}.createdAt`, time, whole)
  const draft = { ...place, id: 'row', role, parts, metadata: { ...said, createdAt: time ?? 0 } }
  const { data, error } = message.safeParse(draft)
  if (!data) {
    const [issue] = error.issues
    const path = [field, ...(issue?.path ?? [])].join('.')
    const bad = issue?.path.reduce<unknown>(memberOf, draft)
    throw new CaughtupError('BAD_INPUT', `${path} is ${preview(bad)}: ${issue?.message}.`, {
      field: path,
      value: preview(bad),
    })
  }
  const name = typeof id === 'string' ? id : 'without an id'
  inRow(field, () => assertMessageSize(name, data, limits))
  const { createdAt: at, runId: _, boundary: __, ...kept } = data.metadata
  reportLost(others, place, '', lost)
  reportLost(parts, data.parts, 'parts', lost)
  reportLost(said, kept, 'metadata', lost)
  return {
    ...(typeof id === 'string' && { id }),
    role: data.role,
    parts: data.parts,
    ...(time !== undefined && { createdAt: at }),
    ...(Object.keys(kept).length > 0 && { metadata: kept }),
    ...(complete === false && { complete }),
  }
}

function asObject(field: string, value: unknown): Record<string, unknown> {
  assertInput(field, value, object)
  return typeof value === 'object' && value !== null ? { ...value } : {}
}

function memberOf(value: unknown, name: PropertyKey): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined
}

/** Adds the row to the field of an error of `check`. */
function inRow<T>(field: string, check: () => T): T {
  try {
    return check()
  } catch (error) {
    if (!(error instanceof CaughtupError)) throw error
    const { code, message: words, data } = error
    const within = data.field === undefined ? field : `${field}.${data.field}`
    throw new CaughtupError(
      code,
      `${field}: ${words}`,
      { ...data, field: within },
      { cause: error },
    )
  }
}

/**
 * Reports the paths of members that `value` has and its copy `kept` lacks. Paths leave out the indexes
 * of arrays, so that a member that many parts lose has one path.
 */
function reportLost(
  value: unknown,
  kept: unknown,
  path: string,
  lost: (path: string) => void,
): void {
  if (value === kept || !isHolder(value) || !isHolder(kept)) return
  for (const [name, member] of Object.entries(value)) {
    const inner = Array.isArray(value) ? path : path === '' ? name : `${path}.${name}`
    if (Object.hasOwn(kept, name)) reportLost(member, Reflect.get(kept, name), inner, lost)
    else lost(inner)
  }
}

function isHolder(value: unknown): value is object {
  return typeof value === 'object' && value !== null
}
