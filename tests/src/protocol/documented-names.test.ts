import {
  activityFrame,
  chatFrame,
  contract,
  defaultLimits,
  errorStatus,
  event,
  part,
} from '@caughtup/schema'
import { expect, test } from 'vitest'

import { readProtocol } from './document.ts'

const text = readProtocol()

/** Fields of every event, which the document describes once. */
const entry = ['seq', 'from', 'epoch', 'at', 'runId']

test('every procedure is named', () => {
  expect(procedures().flatMap(({ schemas }) => schemas).length).toBeGreaterThan(20)
  expect(
    procedures()
      .map(({ path }) => path)
      .filter(isMissing),
  ).toEqual([])
})

test('the fields and words of every input and output are named', () => {
  const missing = procedures().flatMap(({ path, schemas }) =>
    schemas
      .flatMap(wordsOf)
      .filter(isMissing)
      .map((word) => `${path}: ${word}`),
  )
  expect(missing).toEqual([])
})

test.each([
  ['event', event, '### 4.2'],
  ['onChat frame', chatFrame, '### 6.1'],
  ['activity frame', activityFrame, '### 9.2'],
])('every type of %s has a row with its fields', (_, union, heading) => {
  const { options } = union as unknown as { options: { shape: { type: { value: string } } }[] }
  for (const { shape } of options) {
    const row = rowOf(shape.type.value, heading) ?? ''
    // A frame of both streams is described where it comes first.
    if (row.includes('as in 6.1')) continue
    const fields = Object.keys(shape).filter(
      (field) => field !== 'type' && !(heading === '### 4.2' && entry.includes(field)),
    )
    expect({ [row]: fields.filter((field) => !row.includes(`\`${field}\``)) }).toEqual({
      [row]: [],
    })
  }
})

test('every field and word of events, frames and parts is named', () => {
  expect([event, chatFrame, activityFrame, part].flatMap(wordsOf).filter(isMissing)).toEqual([])
})

test.each(Object.entries(errorStatus))(
  'the error %s has a row with its status %d',
  (code, status) => {
    expect(rowOf(code, '### 11.1')).toContain(`| ${status} |`)
  },
)

test.each(Object.entries(defaultLimits))(
  'the limit %s has a row with its default',
  (name, value) => {
    expect(rowOf(name, '### 11.2')).toContain(`| ${readable(value)} |`)
  },
)

test('the limits have no row that the schema lacks', () => {
  const rows = [...section('### 11.2').matchAll(/^\| `(\w+)` \|/gm)].map(([, name]) => name)
  expect(rows).toEqual(Object.keys(defaultLimits))
})

interface Schema {
  toJSONSchema(options: { unrepresentable: 'any' }): unknown
}

/** The contract's procedures by path, with the schemas of their inputs and outputs. */
function procedures(): { path: string; schemas: Schema[] }[] {
  const found: { path: string; schemas: Schema[] }[] = []
  const visit = (value: object, path: string) => {
    if ('~orpc' in value) {
      const { inputSchema, outputSchema } = value['~orpc'] as Record<string, unknown>
      found.push({ path, schemas: [inputSchema, outputSchema].filter(isSchema) })
    } else {
      for (const [name, item] of Object.entries(value)) visit(item, path ? `${path}.${name}` : name)
    }
  }
  visit(contract, '')
  return found
}

/** False for the output of a stream, whose frames have tests of their own. */
function isSchema(value: unknown): value is Schema {
  return typeof value === 'object' && value !== null && 'toJSONSchema' in value
}

/** Every field name and every fixed string of a schema. */
function wordsOf(schema: Schema): string[] {
  const words = new Set<string>()
  const visit = (value: unknown) => {
    if (typeof value !== 'object' || value === null) return
    const { properties, const: fixed, enum: list } = value as Record<string, unknown>
    for (const name of Object.keys(properties ?? {})) words.add(name)
    for (const word of [fixed, ...(Array.isArray(list) ? list : [])]) {
      if (typeof word === 'string') words.add(word)
    }
    for (const item of Object.values(value)) visit(item)
  }
  visit(schema.toJSONSchema({ unrepresentable: 'any' }))
  return [...words]
}

/** Whether the prose lacks a name, which it would show as code. Examples do not count. */
function isMissing(word: string): boolean {
  const prose = text.slice(0, text.indexOf('## 14. Examples'))
  return !new RegExp(`[\`".]${word.replaceAll('.', String.raw`\.`)}[\`"]`).test(prose)
}

/** The text from a heading to the next one of its level or above. */
function section(heading: string): string {
  const start = text.indexOf(`\n${heading}`)
  expect(start, `${heading} is in the document`).toBeGreaterThanOrEqual(0)
  const level = heading.split(' ')[0]?.length ?? 0
  const rest = text.slice(start + 1 + heading.length)
  const end = rest.search(new RegExp(`\\n#{1,${level}} `))
  return end < 0 ? rest : rest.slice(0, end)
}

/** The row of a section's table whose first cell has this name. */
function rowOf(name: string, heading: string): string | undefined {
  return section(heading)
    .split('\n')
    .find((line) => line.startsWith('| `') && line.split('|')[1]?.includes(`\`${name}\``))
}

/** A number as the document writes it. */
function readable(value: number): string {
  for (const [size, unit] of [
    [1024 ** 2, 'MiB'],
    [1024, 'KiB'],
  ] as const) {
    if (value % size === 0) return `${value / size} ${unit}`
  }
  return value.toLocaleString('en')
}
