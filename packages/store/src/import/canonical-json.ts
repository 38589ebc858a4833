/**
 * The canonical JSON of a value: members sorted by name (by UTF-16 units), no white space, numbers as
 * ECMAScript writes them (so that 1000, 1000.0 and 1e3 are equal, and -0 is 0), and no members that
 * are `undefined`.
 *
 * Names and strings are in Unicode NFC, because a tool in between may have normalised the file.
 */
export function canonicalJson(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value.normalize('NFC'))
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null'
  const members = Object.entries(value)
    .filter(([, member]) => member !== undefined)
    .map(([name, member]) => [name.normalize('NFC'), canonicalJson(member)] as const)
    .sort(([a], [b]) => (a < b ? -1 : 1))
  return `{${members.map(([name, json]) => `${JSON.stringify(name)}:${json}`).join(',')}}`
}
