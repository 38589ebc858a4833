/** `previous` if `next` has the same fields with the same values, so that its identity is kept. */
export function keepIdentity<T extends object>(previous: T | undefined, next: T): T {
  if (!previous) return next
  const keys = Object.keys(next)
  if (keys.length !== Object.keys(previous).length) return next
  const before = new Map<string, unknown>(Object.entries(previous))
  const same = Object.entries(next).every(([key, value]) => Object.is(before.get(key), value))
  return same ? previous : next
}

/** `previous` if `next` has the same items. */
export function keepItems<Item>(
  previous: readonly Item[] | undefined,
  next: readonly Item[],
): readonly Item[] {
  const same = previous?.length === next.length && next.every((item, i) => item === previous[i])
  return same ? previous : next
}
