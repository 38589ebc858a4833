/**
 * Where a value lacks what was recorded: members and items that are missing, have another type or another value.
 * Members that were not recorded do not count, since readers have to ignore unknown ones (PROTOCOL.md, 13.1).
 *
 * @param same - whether a value that is no object is what was recorded
 */
export function lacking(
  recorded: unknown,
  actual: unknown,
  same: (recorded: unknown, actual: unknown) => boolean = Object.is,
  path = '',
): string[] {
  if (Array.isArray(recorded)) {
    if (!Array.isArray(actual)) return [differs(recorded, actual, path)]
    const items = recorded.flatMap((item, index) =>
      lacking(item, actual[index], same, `${path}.${index}`),
    )
    return recorded.length === actual.length
      ? items
      : [`${path}: ${recorded.length} items were recorded, these are ${actual.length}`, ...items]
  }
  if (!isObject(recorded)) return same(recorded, actual) ? [] : [differs(recorded, actual, path)]
  if (!isObject(actual)) return [differs(recorded, actual, path)]
  return Object.keys(recorded).flatMap((name) =>
    lacking(recorded[name], actual[name], same, `${path}.${name}`),
  )
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function differs(recorded: unknown, actual: unknown, path: string): string {
  return `${path}: ${text(recorded)} was recorded, this is ${text(actual)}`
}

function text(value: unknown): string {
  return (JSON.stringify(value) ?? 'absent').slice(0, 200)
}
