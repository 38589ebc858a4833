/** A line with the members of its JSON in the order of their names: their order says nothing. */
export function sortMembers(line: string): string {
  const start = line.search(/[[{]/)
  if (start < 0) return line
  return line.slice(0, start) + JSON.stringify(sorted(JSON.parse(line.slice(start))))
}

function sorted(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.map(sorted)
  const members = Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1))
  return Object.fromEntries(members.map(([name, member]) => [name, sorted(member)]))
}
