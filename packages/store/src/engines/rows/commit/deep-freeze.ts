/**
 * Makes a JSON value unchangeable, as what was read from a file would not change what is in it.
 * What is frozen already is taken to be so all the way down, so that the cost is that of what is new.
 */
export function deepFreeze<T>(value: T): T {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value
  for (const member of Object.values(value)) deepFreeze(member)
  return Object.freeze(value)
}
