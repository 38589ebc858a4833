import { settle } from '@caughtup/schema/testing'
import { describe, expect, test } from 'vitest'

import { CallOrder } from './call-order.ts'

/** A call that the test answers, and that records when it starts. */
function recorder() {
  const begun: string[] = []
  const answers = new Map<string, PromiseWithResolvers<object>>()
  const call = (name: string) => () => {
    begun.push(name)
    const answer = Promise.withResolvers<object>()
    answers.set(name, answer)
    return answer.promise
  }
  return { begun, answers, call }
}

describe('calls of a view', () => {
  test('start one after the other, also after one that failed', async () => {
    const { begun, answers, call } = recorder()
    const order = new CallOrder()
    const calls = ['a', 'b', 'c'].map((name) => order.add(call(name)))
    await settle()
    expect(begun).toEqual(['a'])
    answers.get('a')?.reject(new Error('lost'))
    await expect(calls[0]).rejects.toThrow('lost')
    await settle()
    expect(begun).toEqual(['a', 'b'])
    answers.get('b')?.resolve({})
    await settle()
    expect(begun).toEqual(['a', 'b', 'c'])
  })

  test('that start at once get the answer of the one before them, if it was still awaited', async () => {
    const order = new CallOrder()
    const told: unknown[] = []
    const ticket = { runId: 'r', queued: false }
    const tell = async (before: Promise<object | undefined>) => {
      told.push(await before)
      return {}
    }
    await Promise.all([order.add(() => Promise.resolve(ticket)), order.addAtOnce(tell)])
    await Promise.allSettled([
      order.add(() => Promise.reject(new Error('lost'))),
      order.addAtOnce(tell),
    ])
    await order.add(() => Promise.resolve(ticket))
    await settle()
    await order.addAtOnce(tell)
    expect(told).toEqual([ticket, undefined, undefined])
  })

  test('wait for one that started at once, and for those before it', async () => {
    const { begun, answers, call } = recorder()
    const order = new CallOrder()
    void order.add(call('send'))
    void order.addAtOnce(call('stop'))
    void order.add(call('next'))
    await settle()
    expect(begun.toSorted()).toEqual(['send', 'stop'])
    answers.get('send')?.resolve({})
    await settle()
    expect(begun.toSorted()).toEqual(['send', 'stop'])
    answers.get('stop')?.resolve({})
    await settle()
    expect(begun.at(-1)).toBe('next')
  })
})
