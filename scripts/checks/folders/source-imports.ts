import { readFileSync } from 'node:fs'
import path from 'node:path'
import { parseSync } from 'vite'

/** One import of a source file: of another file of the repository, or of a package. */
export interface SourceImport {
  /** The importing file, from the repository's root. */
  from: string
  /** A file, from the repository's root, if `relative`; else a package, as it is written. */
  to: string
  relative: boolean
  line: number
}

/** Everything that the files import, types included. Paths are from `root`. */
export function readImports(root: string, files: readonly string[]): SourceImport[] {
  return files.flatMap((from) =>
    importsOf(from, readFileSync(path.join(root, from), 'utf8')).map(({ specifier, line }) => {
      const relative = specifier.startsWith('.')
      const to = relative ? path.posix.join(path.posix.dirname(from), specifier) : specifier
      return { from, to, relative, line }
    }),
  )
}

/** @throws Error for code that cannot be parsed */
export function importsOf(file: string, code: string): { specifier: string; line: number }[] {
  const { program, errors } = parseSync(file, code)
  const [error] = errors
  if (error) throw new Error(`${file} cannot be parsed: ${error.message}`)
  const found: { specifier: string; line: number }[] = []
  visit(program, (node) => {
    if (!importing.has(String(node['type']))) return
    // `export { name }` has no source; what `import(expression)` loads is not known.
    const { source } = node
    if (!isRecord(source) || typeof source['value'] !== 'string') return
    const line = code.slice(0, Number(source['start'])).split('\n').length
    found.push({ specifier: source['value'], line })
  })
  return found
}

const importing = new Set([
  'ImportDeclaration',
  'ExportNamedDeclaration',
  'ExportAllDeclaration',
  'ImportExpression',
  'TSImportType',
])

function visit(node: unknown, see: (node: Record<string, unknown>) => void): void {
  if (Array.isArray(node)) for (const one of node) visit(one, see)
  if (!isRecord(node)) return
  if ('type' in node) see(node)
  for (const child of Object.values(node)) visit(child, see)
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
