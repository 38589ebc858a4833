import { CaughtupError, preview } from '@caughtup/schema'

/** What a value from outside must be. */
export interface Kind {
  /** In words, behind "must be". */
  words: string
  is: (value: unknown) => boolean
  limit?: number
}

/** Longest name of a principal, in characters. */
const longestPrincipal = 1_000
/** Longest that a timer runs, in ms. */
const longestTimer = 2 ** 31 - 1

const isText = (value: unknown): value is string => typeof value === 'string' && value !== ''

export const text: Kind = { words: 'a text that is not empty', is: isText }
export const anyText: Kind = { words: 'a text', is: (value) => typeof value === 'string' }
export const texts = listOf(text)
const anId: Kind = { ...text, is: (value) => isText(value) && value.isWellFormed() }
export const principal: Kind = {
  words: `a text of 1 to ${longestPrincipal} whole characters`,
  is: (value) => isText(value) && value.length <= longestPrincipal && value.isWellFormed(),
  limit: longestPrincipal,
}
export const principals = listOf(principal)
export const object: Kind = {
  words: 'an object',
  is: (value) => typeof value === 'object' && value !== null && !Array.isArray(value),
}
export const aCursor: Kind = {
  words: 'a cursor: { journal, seq, tag }',
  is: (value) =>
    typeof value === 'object' &&
    value !== null &&
    'seq' in value &&
    Number.isInteger(value.seq) &&
    'journal' in value &&
    typeof value.journal === 'string' &&
    'tag' in value &&
    typeof value.tag === 'string',
}
export const objects = listOf(object)
export const list: Kind = { words: 'a list', is: Array.isArray }
export const yesOrNo: Kind = { words: 'true or false', is: (value) => typeof value === 'boolean' }
export const integer: Kind = { words: 'a whole number', is: Number.isInteger }
export const finite: Kind = { words: 'a number', is: Number.isFinite }
export const whole = wholeFrom(0)
export const duration: Kind = {
  words: `a number of ms, at most ${longestTimer}`,
  is: (value) => typeof value === 'number' && value <= longestTimer && value > -Infinity,
  limit: longestTimer,
}
export const positiveDuration: Kind = {
  words: `a number of ms above 0 and at most ${longestTimer}`,
  is: (value) => typeof value === 'number' && value > 0 && value <= longestTimer,
  limit: longestTimer,
}
export const durationOrInfinite: Kind = {
  words: `${positiveDuration.words}, or Infinity`,
  is: (value) => value === Infinity || positiveDuration.is(value),
}
export const optionalFunction: Kind = {
  words: 'a function',
  is: (value) => value === undefined || typeof value === 'function',
}
export const positive: Kind = {
  words: 'a positive number',
  is: (value) => typeof value === 'number' && value > 0,
}

function wholeFrom(least: number): Kind {
  return {
    words: `a whole number of at least ${least}`,
    is: (value) => typeof value === 'number' && Number.isSafeInteger(value) && value >= least,
    limit: least,
  }
}

/** For what may be without a bound too. */
export function wholeOrInfinite(least: number): Kind {
  const { words, is } = wholeFrom(least)
  return {
    words: `${words}, or Infinity`,
    is: (value) => value === Infinity || is(value),
    limit: least,
  }
}

export function oneOf(...choices: readonly string[]): Kind {
  return {
    words: choices.join(' or '),
    is: (value) => choices.some((choice) => choice === value),
  }
}

function listOf({ words, is }: Kind): Kind {
  return {
    words: `a list, each of it ${words}`,
    is: (value) => Array.isArray(value) && value.every(is),
  }
}

/** @throws CaughtupError `BAD_INPUT` that names the field, the value and what it must be */
export function assertInput(field: string, value: unknown, { words, is, limit }: Kind): void {
  if (is(value)) return
  const shown = preview(typeof value === 'number' ? String(value) : value)
  // An empty text would not be seen.
  const seen = value === '' ? "''" : shown
  throw new CaughtupError('BAD_INPUT', `${field} is ${seen}, and must be ${words}.`, {
    field,
    value: shown,
    ...(limit !== undefined && { limit }),
  })
}

/**
 * Ids and principals. Half of a character would be another in a database, and so somebody else's.
 *
 * @throws CaughtupError `BAD_INPUT` for an id that is not a text, is empty or has half a character
 */
export function assertIds(ids: Readonly<Record<string, string>>): void {
  for (const [field, id] of Object.entries(ids)) assertInput(field, id, anId)
}

/**
 * Options by their names: what is `undefined` is not given.
 *
 * @throws CaughtupError `BAD_INPUT`, also for a name that no option has
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
      `${field} has no option ${preview(name)}, but ${Object.keys(kinds).join(', ')}.`,
      { field: `${field}.${name}`, value: preview(value) },
    )
  }
}
