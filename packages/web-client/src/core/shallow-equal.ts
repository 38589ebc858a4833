import { keepIdentity } from './keep-identity.ts'

/** Whether two values are the same, or arrays or plain objects with the same values in them. */
export function shallowEqual(a: unknown, b: unknown): boolean {
  if (Array.isArray(a) && Array.isArray(b)) {
    return a.length === b.length && a.every((item, index) => Object.is(item, b[index]))
  }
  return Object.is(a, b) || (isPlain(a) && isPlain(b) && keepIdentity(a, b) === a)
}

function isPlain(value: unknown): value is object {
  return typeof value === 'object' && Object.getPrototypeOf(value ?? []) === Object.prototype
}
