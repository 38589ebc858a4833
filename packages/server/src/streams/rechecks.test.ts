import { settle } from '@caughtup/schema/testing'
import { describe, expect, test } from 'vitest'

import { Rechecks, type Right, turnsPerInterval } from './rechecks.ts'

function openRechecks() {
  const errors: unknown[] = []
  const rechecks = new Rechecks((error, where) => void errors.push([error, where]))
  /** A stream that counts how often its right was asked for. */
  const add = (right: Right = async () => async () => true) => {
    const ends: string[] = []
    const stream = { asked: 0, ends, leave: () => undefined as void }
    stream.leave = rechecks.add({
      stream: { end: (reason) => void ends.push(reason) },
      right: () => {
        stream.asked++
        return right()
      },
      where: 'onChat',
    })
    return stream
  }
  const interval = async () => {
    for (let turn = 0; turn < turnsPerInterval; turn++) rechecks.next()
    await settle()
  }
  return { rechecks, errors, add, interval }
}

const failure = new Error('the directory is down')

describe('streams', () => {
  test('are asked about once per interval, evenly spread though all of them opened at once', async () => {
    const { rechecks, add, interval } = openRechecks()
    const streams = Array.from({ length: turnsPerInterval * 3 }, () => add())
    rechecks.next()
    await settle()
    expect(streams.filter(({ asked }) => asked > 0)).toHaveLength(3)
    for (let turn = 1; turn < turnsPerInterval; turn++) rechecks.next()
    await settle()
    await interval()
    expect(new Set(streams.map(({ asked }) => asked))).toEqual(new Set([2]))
  })

  test('that have left are not asked about', async () => {
    const { add, interval } = openRechecks()
    const stream = add()
    stream.leave()
    await interval()
    expect(stream.asked).toBe(0)
  })

  test.each<{ right: Right; ends: string[] }>([
    { right: async () => 'forbidden', ends: ['forbidden'] },
    { right: async () => 'session-deleted', ends: ['session-deleted'] },
    { right: async () => async () => false, ends: ['forbidden'] },
    { right: async () => async () => true, ends: [] },
  ])('end as their right says: $ends', async ({ right, ends }) => {
    const { add, interval, errors } = openRechecks()
    const stream = add(right)
    await interval()
    expect(stream.ends).toEqual(ends)
    expect(errors).toEqual([])
  })

  test.each<[string, Right]>([
    ['the database', () => Promise.reject(failure)],
    ['the host', async () => () => Promise.reject(failure)],
  ])('stay if %s fails, which is reported, and end when it answers', async (_, right) => {
    const { add, interval, errors } = openRechecks()
    let answer = right
    const stream = add(() => answer())
    await interval()
    expect([stream.ends, errors]).toEqual([[], [[failure, 'onChat']]])
    answer = async () => 'forbidden'
    await interval()
    expect(stream.ends).toEqual(['forbidden'])
  })

  test('of removed members end though the host has not answered about them, and nobody waits for it', async () => {
    const { rechecks, add, interval } = openRechecks()
    let questions = 0
    let answer: Right = async () => () => {
      questions++
      return new Promise(() => undefined)
    }
    const entry = { ends: [] as string[] }
    const checked = {
      stream: { end: (reason: string) => void entry.ends.push(reason) },
      right: () => answer(),
      where: 'onChat',
    }
    rechecks.add(checked)
    const other = add()
    await interval()
    await interval()
    await rechecks.now([checked])
    expect([questions, entry.ends, other.asked]).toEqual([1, [], 2])
    answer = async () => 'forbidden'
    await rechecks.now([checked])
    expect(entry.ends).toEqual(['forbidden'])
  })

  test('are asked about without the host if that would be asked about too many', async () => {
    const { rechecks } = openRechecks()
    let questions = 0
    const asked = {
      stream: { end: () => undefined },
      right: async () => async () => {
        questions++
        return true
      },
      where: 'onChat',
    }
    await rechecks.now([asked], { asksHost: false })
    expect(questions).toBe(0)
    await rechecks.now([asked])
    expect(questions).toBe(1)
  })

  test('leave room for other work while many of them are asked about', async () => {
    const { rechecks } = openRechecks()
    let asked = 0
    const stream = {
      stream: { end: () => undefined },
      right: async () => {
        asked++
        return async () => true
      },
      where: 'onChat',
    }
    const all = rechecks.now(Array.from({ length: 1_000 }, () => stream))
    await new Promise((resolve) => setImmediate(resolve))
    expect(asked).toBeLessThan(1_000)
    await all
    expect(asked).toBe(1_000)
  })
})
