import { expect, test } from 'vitest'

import { noticeText } from './notice.ts'

test('a notice carries the name of the assistant', () => {
  expect(noticeText({ kind: 'interrupted', assistant: 'Robin' })).toBe('Robin was stopped.')
})

test.each(['', '   '])('a blank name %j means the default', (assistant) => {
  expect(noticeText({ kind: 'lost', assistant })).toMatch(/^Assistant was cut off/)
})
