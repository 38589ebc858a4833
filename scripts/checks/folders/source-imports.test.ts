import { expect, test } from 'vitest'

import { importsOf } from './source-imports.ts'

test('finds every form of an import, with its line', () => {
  const code = `import './effect.ts'
import { type A, b } from './named.ts'
import type { C } from './type.ts'
export { d } from './again.ts'
export * from './all.ts'
export type E = import('./in-type.ts').E
const later = () => import('./later.ts')
export { b, type A, type C, later }`
  expect(importsOf('a.ts', code)).toEqual([
    { specifier: './effect.ts', line: 1 },
    { specifier: './named.ts', line: 2 },
    { specifier: './type.ts', line: 3 },
    { specifier: './again.ts', line: 4 },
    { specifier: './all.ts', line: 5 },
    { specifier: './in-type.ts', line: 6 },
    { specifier: './later.ts', line: 7 },
  ])
})

test('an import in a comment or a string is none', () => {
  const code = `// import './comment.ts'
const text = "import './string.ts'"
export const all = [text, \`export * from './template.ts'\`]`
  expect(importsOf('a.ts', code)).toEqual([])
})

test('reads TSX', () => {
  const code = `import { B } from './b.tsx'\nexport const a = <B text="import './text.ts'" />`
  expect(importsOf('a.tsx', code)).toEqual([{ specifier: './b.tsx', line: 1 }])
})

test('code that cannot be parsed is an error', () => {
  expect(() => importsOf('a.ts', 'import {')).toThrow('a.ts cannot be parsed')
})
