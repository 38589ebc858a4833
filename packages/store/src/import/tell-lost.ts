/**
 * Tells the paths of the members that `value` has and `kept`, a copy of it, has not. The places of
 * a list are no part of a path, so that what many parts lack has one name.
 */
export function tellLost(
  value: unknown,
  kept: unknown,
  path: string,
  lost: (path: string) => void,
): void {
  if (value === kept || !isHolder(value) || !isHolder(kept)) return
  for (const [name, member] of Object.entries(value)) {
    const inner = Array.isArray(value) ? path : path === '' ? name : `${path}.${name}`
    if (Object.hasOwn(kept, name)) tellLost(member, Reflect.get(kept, name), inner, lost)
    else lost(inner)
  }
}

function isHolder(value: unknown): value is object {
  return typeof value === 'object' && value !== null
}
