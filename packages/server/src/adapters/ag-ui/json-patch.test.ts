import { expect, test } from 'vitest'

import { patched, type PatchOperation } from './json-patch.ts'

const before = { list: ['a', 'b'], deep: { 'x/y': 1, '~': 2 } }

test.each<[PatchOperation[], unknown]>([
  [[], before],
  [[{ op: 'replace', path: '', value: 7 }], 7],
  [[{ op: 'add', path: '/n', value: null }], { ...before, n: null }],
  [[{ op: 'add', path: '/list/1', value: 'c' }], { ...before, list: ['a', 'c', 'b'] }],
  [[{ op: 'add', path: '/list/-', value: 'c' }], { ...before, list: ['a', 'b', 'c'] }],
  [[{ op: 'replace', path: '/list/0', value: 'c' }], { ...before, list: ['c', 'b'] }],
  [[{ op: 'remove', path: '/list/0' }], { ...before, list: ['b'] }],
  [[{ op: 'remove', path: '/deep' }], { list: ['a', 'b'] }],
  [[{ op: 'replace', path: '/deep/x~1y', value: 3 }], { ...before, deep: { 'x/y': 3, '~': 2 } }],
  [[{ op: 'copy', from: '/deep/~0', path: '/n' }], { ...before, n: 2 }],
  [[{ op: 'move', from: '/list/1', path: '/list/0' }], { ...before, list: ['b', 'a'] }],
  [
    [
      { op: 'test', path: '/list', value: ['a', 'b'] },
      { op: 'remove', path: '/list' },
    ],
    { deep: before.deep },
  ],
])('a value after a patch, and the value before is as it was (case %#)', (patch, after) => {
  const frozen = structuredClone(before)
  expect(patched(before, patch)).toEqual(after)
  expect(before).toEqual(frozen)
})

test.each<PatchOperation>([
  { op: 'add', path: '/none/x', value: 1 },
  { op: 'add', path: '/list/9', value: 1 },
  { op: 'add', path: '/list/x', value: 1 },
  { op: 'add', path: 'list', value: 1 },
  { op: 'test', path: '/list', value: [] },
  { op: 'unknown', path: '/list' },
])('a change that does not fit is refused (case %#)', (operation) => {
  expect(() => patched(before, [operation])).toThrow(TypeError)
})
