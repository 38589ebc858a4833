/** Columns of a folded line, without the mark before it. */
const width = 94

/** The beginning of a line that continues the one before. */
const indent = '  '

export function isContinuation(line: string): boolean {
  return line.startsWith(indent)
}

/**
 * A line as the document shows it: long JSON is broken between its values, and each further line is
 * indented. Without line breaks and indentation, the text is the same.
 */
export function foldLine(line: string): string[] {
  const start = line.search(/[[{]/)
  if (line.length <= width || start < 0) return [line]
  const json = line.slice(start)
  const lines = `${line.slice(0, start)}${folded(JSON.parse(json), 1, start)}`.split('\n')
  if (lines.map((part) => part.trim()).join('') !== line) {
    throw new Error(`Only compact JSON can be folded: ${line}`)
  }
  return lines
}

/** `column` is where the value begins, `depth` the indentation of its further lines. */
function folded(value: unknown, depth: number, column: number): string {
  const compact = JSON.stringify(value)
  if (typeof value !== 'object' || value === null || column + compact.length <= width) {
    return compact
  }
  const isList = Array.isArray(value)
  const [open, close] = isList ? (['[', ']'] as const) : (['{', '}'] as const)
  const items = Object.entries(value)
  const margin = indent.repeat(depth)
  let text = open
  // After a folded value the next one begins a new line, so that it does not look like a part of it.
  let room = width - column - 1
  for (const [index, [name, item]] of items.entries()) {
    const key = isList ? '' : `${JSON.stringify(name)}:`
    const end = index === items.length - 1 ? close : ','
    const whole = `${key}${JSON.stringify(item)}${end}`
    const fitsLine = margin.length + whole.length <= width
    if (whole.length > room && (index > 0 || fitsLine)) {
      text += `\n${margin}`
      room = width - margin.length
    }
    if (whole.length <= room) {
      text += whole
      room -= whole.length
    } else {
      const inner = items.length === 1 ? depth : depth + 1
      text += `${key}${folded(item, inner, width - room + key.length)}${end}`
      room = 0
    }
  }
  return text
}
