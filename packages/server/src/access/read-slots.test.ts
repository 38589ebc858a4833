import { expect, test } from 'vitest'

import { ReadSlots } from './read-slots.ts'

const connection = {}

test('other work gets a turn of the event loop between two reads of one principal', async () => {
  const slots = new ReadSlots({ readsPerPrincipal: 1 })
  const release = await slots.take('busy', connection, undefined)
  const turns: string[] = []
  const reads = ['second', 'third'].map(async (name) => {
    const done = await slots.take('busy', connection, undefined)
    turns.push(name)
    done()
  })
  const other = new Promise<void>((resolve) => {
    setImmediate(() => {
      turns.push('other')
      resolve()
    })
  })
  release()
  await Promise.all([...reads, other])
  expect(turns).toEqual(['other', 'second', 'third'])
})

test('a read that is cancelled while it waits occupies no slot', async () => {
  const slots = new ReadSlots({ readsPerPrincipal: 1 })
  const release = await slots.take('a', connection, undefined)
  const controller = new AbortController()
  const waiting = slots.take('a', connection, controller.signal)
  controller.abort()
  await expect(waiting).rejects.toThrow('aborted')
  release()
  const again = await slots.take('a', connection, undefined)
  again()
})

test('the connections of one principal take turns', async () => {
  const slots = new ReadSlots({ readsPerPrincipal: 1 })
  const release = await slots.take('a', connection, undefined)
  const turns: string[] = []
  const other = {}
  const asked = [
    { by: connection, name: 'first' },
    { by: connection, name: 'second' },
    { by: connection, name: 'third' },
    { by: other, name: 'of another connection' },
  ]
  const reads = asked.map(async ({ by, name }) => {
    const done = await slots.take('a', by, undefined)
    turns.push(name)
    done()
  })
  release()
  await Promise.all(reads)
  expect(turns).toEqual(['first', 'of another connection', 'second', 'third'])
})
