import { id, principalLength } from '@caughtup/schema'

/** What a value of a caller must be. */
export interface Kind {
  /** Completes "must be …". */
  words: string
  is: (value: unknown) => boolean
  /** The bound in `words`, for the error's `limit`. */
  limit?: number
}

/** The longest delay that timers accept, in ms: with a longer one, Node fires at once. */
const longestTimer = 2 ** 31 - 1

const isText = (value: unknown): value is string => typeof value === 'string' && value !== ''

export const text: Kind = { words: 'a text that is not empty', is: isText }
export const anyText: Kind = { words: 'a text', is: (value) => typeof value === 'string' }
export const texts = listOf(text)
/** Half a surrogate pair becomes another character in a database: the id of something else. */
export const anId: Kind = { ...text, is: (value) => isText(value) && value.isWellFormed() }
export const wireId: Kind = {
  words: '1 to 64 characters of A–Z a–z 0–9 _ -',
  is: (value) => id.safeParse(value).success,
}
export const principal: Kind = {
  words: `a text of 1 to ${principalLength} whole characters`,
  is: (value) => isText(value) && value.length <= principalLength && value.isWellFormed(),
  limit: principalLength,
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
    words: `a list whose items are ${words}`,
    is: (value) => Array.isArray(value) && value.every(is),
  }
}
