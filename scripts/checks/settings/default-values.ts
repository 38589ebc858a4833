import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import path from 'node:path'

import {
  nameOf,
  type Node,
  nodeOf,
  nodesIn,
  nodesOf,
  parseSource,
  type Source,
} from './parse-source.ts'

type Value = number | string | boolean | readonly []

/**
 * What a file gives an option that is not set, wherever it says so: `{ x = 1 }`, `options.x ?? 1`,
 * `options.x || 1`, or `x: 1` in a constant whose name says that it holds defaults.
 */
export function defaultsIn(source: Source, option: string): Value[] {
  const found: (Value | undefined)[] = []
  for (const node of nodesIn(source.statements)) {
    if (node.type === 'AssignmentPattern' && nameOf(node['left']) === option)
      found.push(evaluate(source, node['right']))
    if (node.type === 'LogicalExpression' && names(node['left']).includes(option))
      found.push(evaluate(source, node['right']))
    if (node.type === 'VariableDeclarator' && /default/i.test(nameOf(node['id']) ?? '')) {
      for (const property of nodesIn(node['init'])) {
        if (property.type === 'Property' && nameOf(property['key']) === option)
          found.push(evaluate(source, property['value']))
      }
    }
  }
  return [...new Set(found.filter((value) => value !== undefined))]
}

/** What is read in an expression: `options.name?.trim()` reads `name`. */
function names(expression: unknown): string[] {
  return Array.from(nodesIn(expression)).flatMap((node) =>
    node.type === 'MemberExpression' ? (nameOf(node['property']) ?? []) : (nameOf(node) ?? []),
  )
}

/** The value of an expression of constants; `undefined` for any other. */
function evaluate(source: Source, expression: unknown): Value | undefined {
  const node = nodeOf(expression)
  if (!node) return undefined
  switch (node.type) {
    case 'Literal': {
      const { value } = node
      return typeof value === 'number' || typeof value === 'string' || typeof value === 'boolean'
        ? value
        : undefined
    }
    case 'ArrayExpression':
      return nodesOf(node['elements']).length === 0 ? [] : undefined
    case 'Identifier':
      return constant(source, String(node['name']))
    case 'MemberExpression':
      return member(source, node)
    case 'TSAsExpression':
    case 'TSSatisfiesExpression':
      return evaluate(source, node['expression'])
    case 'BinaryExpression':
      return calculate(source, node)
    default:
      return undefined
  }
}

function calculate(source: Source, { left, operator, right }: Node): number | undefined {
  const [a, b] = [evaluate(source, left), evaluate(source, right)]
  if (typeof a !== 'number' || typeof b !== 'number') return undefined
  if (operator === '*') return a * b
  if (operator === '+') return a + b
  if (operator === '-') return a - b
  return operator === '**' ? a ** b : undefined
}

/** `defaults.x`, where `defaults` is a constant. */
function member(source: Source, { object, property }: Node): Value | undefined {
  const declared = declaration(source, nameOf(object) ?? '')
  const init = nodeOf(declared?.init)
  const literal = init?.type === 'ObjectExpression' ? init : nodeOf(init?.['expression'])
  const found = nodesOf(literal?.['properties']).find(({ key }) => nameOf(key) === nameOf(property))
  return found && declared ? evaluate(declared.source, found['value']) : undefined
}

function constant(source: Source, name: string): Value | undefined {
  const declared = declaration(source, name)
  return declared && evaluate(declared.source, declared.init)
}

/** Where a constant of this name is declared: here, or in the file that it is imported from. */
function declaration(source: Source, name: string): { source: Source; init: unknown } | undefined {
  for (const statement of source.statements) {
    const declared = nodeOf(statement['declaration']) ?? statement
    for (const declarator of nodesOf(declared['declarations'])) {
      if (nameOf(declarator['id']) === name) return { source, init: declarator['init'] }
    }
    for (const specifier of nodesOf(statement['specifiers'])) {
      const from = nodeOf(statement['source'])?.['value']
      if (typeof from !== 'string') continue
      const here = nameOf(specifier[statement.type === 'ImportDeclaration' ? 'local' : 'exported'])
      const there = nameOf(specifier[statement.type === 'ImportDeclaration' ? 'imported' : 'local'])
      const file = here === name ? resolve(source.file, from) : undefined
      if (file !== undefined && there !== undefined) return declaration(parseSource(file), there)
    }
  }
  return undefined
}

function resolve(from: string, specifier: string): string | undefined {
  if (!/^(\.|@caughtup\/)/.test(specifier)) return undefined
  const file = specifier.startsWith('.')
    ? path.join(path.dirname(from), specifier)
    : createRequire(from).resolve(specifier)
  return existsSync(file) ? file : undefined
}
