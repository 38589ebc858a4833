import { CaughtupError, preview } from '@caughtup/schema'

import { anId, integer, type Kind, object } from './kinds.ts'

/** @throws CaughtupError `BAD_INPUT` that names the field, the value and what it must be */
export function assertInput(field: string, value: unknown, { words, is, limit }: Kind): void {
  if (is(value)) return
  const shown = preview(typeof value === 'number' ? String(value) : value)
  // An empty text would be invisible in the message.
  const seen = value === '' ? "''" : shown
  throw new CaughtupError('BAD_INPUT', `${field} is ${seen}, and must be ${words}.`, {
    field,
    value: shown,
    ...(limit !== undefined && { limit }),
  })
}

/** @throws CaughtupError `BAD_INPUT` that names the field, the value and the limit */
export function assertBetween(field: string, value: number, least: number, most: number): void {
  assertInput(field, value, integer)
  if (value >= least && value <= most) return
  const [word, limit] = value > most ? ['most', most] : ['least', least]
  throw new CaughtupError(
    'BAD_INPUT',
    `${field} is ${value}, and at ${word} ${limit} is allowed.`,
    { field, value: preview(value), limit },
  )
}

/** @throws CaughtupError `BAD_INPUT` for an id that is not a text, is empty or has half a character */
export function assertIds(ids: Readonly<Record<string, string>>): void {
  for (const [field, id] of Object.entries(ids)) assertInput(field, id, anId)
}

/**
 * Checks each option by its name; one that is `undefined` counts as absent.
 *
 * @throws CaughtupError `BAD_INPUT`, also for an option of an unknown name
 */
export function assertOptions(
  field: string,
  options: object,
  kinds: Readonly<Record<string, Kind>>,
): void {
  assertInput(field, options, object)
  for (const [name, value] of Object.entries(options)) {
    const kind = Object.hasOwn(kinds, name) ? kinds[name] : undefined
    if (kind && value !== undefined) assertInput(`${field}.${name}`, value, kind)
    if (kind) continue
    throw new CaughtupError(
      'BAD_INPUT',
      `${field} has no option ${preview(name)}; its options are ${Object.keys(kinds).join(', ')}.`,
      { field: `${field}.${name}`, value: preview(value) },
    )
  }
}
