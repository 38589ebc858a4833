import { expect, test } from 'vitest'

import { readDraft, writeDraft } from './draft-storage.ts'

test('a draft is kept under its key until it is empty', () => {
  const kept = new Map<string, string>()
  const storage = {
    getItem: (key: string) => kept.get(key) ?? null,
    setItem: (key: string, text: string) => void kept.set(key, text),
    removeItem: (key: string) => void kept.delete(key),
  }
  writeDraft('a', 'Hello', storage)
  expect([readDraft('a', storage), readDraft('b', storage)]).toEqual(['Hello', ''])
  writeDraft('a', '', storage)
  expect(kept.size).toBe(0)
})

test('a storage that throws, and none, are survived', () => {
  const fail = (): never => {
    throw new DOMException('full', 'QuotaExceededError')
  }
  const storage = { getItem: fail, setItem: fail, removeItem: fail }
  for (const where of [storage, null]) {
    writeDraft('a', 'Hello', where)
    writeDraft('a', '', where)
    expect(readDraft('a', where)).toBe('')
  }
})
