/**
 * Makes a JSON value unchangeable, as what was read from a file would not change what is in it.
 * It takes a frozen object for frozen all the way down, so its cost is that of the new parts.
 */
export function deepFreeze<T>(value: T): T {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value
  for (const member of Object.values(value)) deepFreeze(member)
  return Object.freeze(value)
}
