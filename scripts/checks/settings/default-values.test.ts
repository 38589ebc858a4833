import { expect, test } from 'vitest'

import { defaultsIn } from './default-values.ts'
import { parseCode } from './parse-source.ts'

function defaults(code: string, option = 'size') {
  return defaultsIn(parseCode('/options.ts', code), option)
}

test('finds a default in a destructured parameter, and behind ?? and ||', () => {
  expect(defaults('const { size = 3 } = options')).toEqual([3])
  expect(defaults('const a = { size: options.size ?? 3 }')).toEqual([3])
  expect(defaults("const a = options.size?.trim() || 'big'")).toEqual(['big'])
})

test('finds a default in a constant of defaults, and in no other', () => {
  expect(defaults('const boxDefaults = { size: 3 }')).toEqual([3])
  expect(defaults('const box = { size: 3 }')).toEqual([])
})

test('follows constants, their members and arithmetic', () => {
  const code = `const KiB = 1024
const defaultSize = 2 * KiB
const { size = defaultSize } = options`
  expect(defaults(code)).toEqual([2048])
  expect(defaults('const d = { size: 3 }; const { size = d.size } = options')).toEqual([3])
})

test('finds every value where they differ', () => {
  expect(defaults('const { size = 3 } = a; const b = options.size ?? 4')).toEqual([3, 4])
})

test('a default that must be run to be known is none', () => {
  expect(defaults('const { size = measure() } = options')).toEqual([])
})

test('a default of another option is none', () => {
  expect(defaults('const { length = 3 } = options')).toEqual([])
})
