import { expect, test } from 'vitest'

import { HeldTransients, type SentTransient } from './held-transients.ts'

const transient = (name: string, data: number, from?: string): SentTransient => ({
  frame: { type: 'transient', name, data, ...(from !== undefined && { from }) },
})

function takeAll(held: HeldTransients): [string, unknown, string | undefined][] {
  const all: [string, unknown, string | undefined][] = []
  for (let next = held.take(); next; next = held.take()) {
    const { name, data, from } = next.frame
    all.push([name, data, from])
  }
  return all
}

test('are the newest of each name and sender, in the order of these', () => {
  const held = new HeldTransients()
  held.put(transient('typing', 1, 'ann'))
  held.put(transient('typing', 2, 'bob'))
  held.put(transient('typing', 3))
  held.put(transient('step', 4))
  held.put(transient('typing', 5, 'ann'))
  expect(takeAll(held)).toEqual([
    ['typing', 2, 'bob'],
    ['typing', 3, undefined],
    ['step', 4, undefined],
    ['typing', 5, 'ann'],
  ])
  expect(takeAll(held)).toEqual([])
})

test('are 32 at most: the oldest go, but who is watching stays', () => {
  const held = new HeldTransients()
  held.put(transient('presence', 0))
  for (let n = 1; n <= 100; n++) held.put(transient(`name${n}`, n))
  const names = takeAll(held).map(([name]) => name)
  expect(names).toEqual(['presence', ...Array.from({ length: 31 }, (_, n) => `name${n + 70}`)])
})

test('do not mix up a name with one and its sender', () => {
  const held = new HeldTransients()
  held.put(transient('["typing","ann"]', 1))
  held.put(transient('typing', 2, 'ann'))
  expect(takeAll(held)).toHaveLength(2)
})
