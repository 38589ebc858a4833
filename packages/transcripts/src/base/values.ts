import { CaughtupError, preview } from '@caughtup/schema'

/** The error for a value that a format does not allow. */
export function badValue(field: string, value: unknown, allowed: string): CaughtupError {
  const shown = typeof value === 'string' ? `"${preview(value)}"` : preview(value)
  const is = value === undefined ? 'is missing' : `is ${shown}`
  return new CaughtupError('BAD_INPUT', `${field} ${is}; it must be ${allowed}.`, {
    field,
    value: preview(value),
  })
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** @throws CaughtupError `BAD_INPUT` if the value is not an object */
export function asRecord(field: string, value: unknown): Record<string, unknown> {
  if (isRecord(value)) return value
  throw badValue(field, value, 'an object')
}

/** @throws CaughtupError `BAD_INPUT` if the value is not a string */
export function asText(field: string, value: unknown): string {
  if (typeof value === 'string') return value
  throw badValue(field, value, 'a string')
}

/** The size of a value's JSON in UTF-8; 0 for a value without JSON. */
export function jsonBytes(value: unknown): number {
  return Buffer.byteLength(JSON.stringify(value) ?? '')
}

/** Whether a member of an object carries no information. */
export function isEmpty(member: unknown): boolean {
  if (member === undefined || member === null || member === '') return true
  if (Array.isArray(member)) return member.length === 0
  return isRecord(member) && Object.keys(member).length === 0
}
