import { expect, test } from 'vitest'

import { findCircles } from './find-circles.ts'

function imports(...lines: string[]) {
  return lines.map((text, index) => {
    const [from = '', to = ''] = text.split(' -> ')
    return { from, to, relative: true, line: index + 1 }
  })
}

function told(...lines: string[]) {
  return findCircles(imports(...lines)).map((circle) =>
    circle.map(({ from, to, imports }) => `${from} -> ${to} (${imports.length})`),
  )
}

test('folders that import in one direction have no circle', () => {
  expect(told('a/x.ts -> b/x.ts', 'b/x.ts -> c/x.ts', 'a/x.ts -> c/x.ts')).toEqual([])
})

test('files of one folder may import each other', () => {
  expect(told('a/x.ts -> a/y.ts', 'a/y.ts -> a/x.ts')).toEqual([])
})

test('two folders that import each other are a circle though no two files do', () => {
  expect(told('a/x.ts -> b/x.ts', 'a/z.ts -> b/x.ts', 'b/y.ts -> a/y.ts')).toEqual([
    ['b -> a (1)', 'a -> b (2)'],
  ])
})

test('a folder and a folder in it are two', () => {
  expect(told('a/x.ts -> a/b/x.ts')).toEqual([])
  expect(told('a/x.ts -> a/b/x.ts', 'a/b/x.ts -> a/y.ts')).toHaveLength(1)
})

test('a circle over several folders is told in its order, from its fewest imports', () => {
  const lines = ['a/1.ts -> b/1.ts', 'a/2.ts -> b/1.ts', 'b/1.ts -> c/1.ts', 'b/2.ts -> c/1.ts']
  expect(told(...lines, 'c/1.ts -> a/1.ts')).toEqual([['c -> a (1)', 'a -> b (2)', 'b -> c (2)']])
})

test('every circle is told', () => {
  const lines = ['a/1.ts -> b/1.ts', 'b/1.ts -> a/1.ts', 'c/1.ts -> d/1.ts', 'd/1.ts -> c/1.ts']
  expect(told(...lines)).toHaveLength(2)
})
