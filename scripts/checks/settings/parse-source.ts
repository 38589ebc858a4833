import { readFileSync } from 'node:fs'
import { parseSync } from 'vite'

/** A node of the syntax tree: ESTree, with TypeScript's own nodes. */
export type Node = Readonly<Record<string, unknown>> & { type: string; start: number; end: number }

export interface Source {
  file: string
  statements: Node[]
  /** The text of the doc comment that ends right before `node`, without its stars. */
  docOf: (node: Node) => string | undefined
  textOf: (node: Node) => string
}

/** @throws Error for code that cannot be parsed */
export function parseSource(file: string): Source {
  return parseCode(file, readFileSync(file, 'utf8'))
}

/** @throws Error for code that cannot be parsed */
export function parseCode(file: string, code: string): Source {
  const { program, comments, errors } = parseSync(file, code)
  const [error] = errors
  if (error) throw new Error(`${file} cannot be parsed: ${error.message}`)
  const docs = comments.filter(({ type, value }) => type === 'Block' && value.startsWith('*'))
  return {
    file,
    statements: nodesOf(program.body),
    docOf: ({ start }) => {
      const doc = docs.findLast(({ end }) => end <= start && code.slice(end, start).trim() === '')
      return doc?.value
        .replace(/^\*/, '')
        .replaceAll(/^\s*\* ?/gm, '')
        .trim()
    },
    textOf: ({ start, end }) => code.slice(start, end),
  }
}

export function nodesOf(value: unknown): Node[] {
  return Array.isArray(value) ? value.filter(isNode) : []
}

export function nodeOf(value: unknown): Node | undefined {
  return isNode(value) ? value : undefined
}

/** The name of an identifier, or the text of a literal that serves as one. */
export function nameOf(value: unknown): string | undefined {
  if (!isNode(value)) return undefined
  if (value.type === 'Identifier') return String(value['name'])
  if (value.type === 'Literal') return String(value['value'])
  return undefined
}

/** Every node below and including `value`, from the outside in. */
export function* nodesIn(value: unknown): Generator<Node> {
  if (Array.isArray(value)) for (const one of value) yield* nodesIn(one)
  if (!isNode(value)) return
  yield value
  for (const child of Object.values(value)) yield* nodesIn(child)
}

function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && 'type' in value
}
