import type { Section } from './section.ts'

const declaration =
  /^(?:export\s+)?(?:default\s+)?(?:declare\s+)?(?:abstract\s+)?(?:async\s+)?(?:function\*?|class|interface|type|const|let|enum)\s+([\w$]+)/

/**
 * Splits TypeScript and JavaScript at its top-level declarations, each with the comment above it.
 * The lines before the first one (imports) are left out.
 */
export function splitCode(path: string, text: string): Section[] {
  const kind = /\.(test|test-d)\.\w+$/.test(path) ? 'test' : 'code'
  const lines = text.split('\n')
  const starts = lines.flatMap((line, index) => {
    const title = declaration.exec(line)?.[1]
    return title === undefined ? [] : [{ title, index: commentStart(lines, index) }]
  })
  if (kind === 'test' || starts.length === 0) {
    const title = path.slice(path.lastIndexOf('/') + 1)
    return [{ path, title, kind, from: 1, to: lines.length, text }]
  }
  return starts.map(({ title, index }, n) => {
    const end = lastLine(lines, starts[n + 1]?.index ?? lines.length)
    return { path, title, kind, from: index + 1, to: end, text: lines.slice(index, end).join('\n') }
  })
}

/** The line at which the comment that touches `index` from above begins. */
function commentStart(lines: readonly string[], index: number): number {
  let start = index
  while (start > 0 && /^\s*(\/\/|\/\*|\*)/.test(lines[start - 1] ?? '')) start--
  return start
}

/** The number of the last line before `end` that is not blank. */
function lastLine(lines: readonly string[], end: number): number {
  let last = end
  while (last > 1 && lines[last - 1]?.trim() === '') last--
  return last
}
