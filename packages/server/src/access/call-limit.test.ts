import { ManualClock } from '@caughtup/schema/testing'
import { createStore, type Store } from '@caughtup/store'
import { sqlite } from '@caughtup/store/sqlite'
import { describe, expect, test } from 'vitest'

import { openTestServer } from '../../tests/support/open-test-server.ts'
import { sharedDatabases } from '../../tests/shared-databases.ts'
import { CallLimit } from './call-limit.ts'

describe.each(sharedDatabases)('two servers on %s', (_, make) => {
  async function open() {
    const { storage, age } = await make()
    const clock = new ManualClock()
    const pass = async (ms: number) => {
      await age(ms)
      await clock.advance(ms)
    }
    const limits = { createsPerMinute: 2, sendsPerMinute: 3, changesPerMinute: 1 }
    const serve = async () => openTestServer({ storage: storage(), clock, limits })
    return { one: await serve(), two: await serve(), pass }
  }

  test('allow a principal as much as one server, and more in the next minute', async () => {
    const { one, two, pass } = await open()
    const [here, there] = [one.client('ann'), two.client('ann')]
    const { id: sessionId } = await here.sessions.create()
    await there.sessions.create()
    for (const client of [here, there, here]) {
      await expect(client.sessions.create()).rejects.toMatchObject({
        code: 'LIMIT_EXCEEDED',
        message: expect.stringContaining('createsPerMinute'),
        data: { limit: 2, retryAfter: expect.any(Number) },
      })
    }
    await there.sessions.update({ sessionId, title: 'One' })
    const renamed = here.sessions.update({ sessionId, title: 'Two' })
    await expect(renamed).rejects.toMatchObject({ code: 'LIMIT_EXCEEDED' })
    await two.client('bob').sessions.create()
    await pass(60_000)
    await here.sessions.update({ sessionId, title: 'Three' })
    await there.sessions.create()
  })

  test('that take prompts at once take no more than the limit', async () => {
    const { one, two } = await open()
    const { id: sessionId } = await one.client().sessions.create()
    const sent = Array.from({ length: 4 }, (_, n) =>
      [one, two].map((server) =>
        server.client().messages.send({ sessionId, text: `${n}`, whenBusy: 'queue' }),
      ),
    )
    const outcomes = await Promise.allSettled(sent.flat())
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(3)
    const refused = outcomes.flatMap((each) => (each.status === 'rejected' ? [each.reason] : []))
    expect(refused).toMatchObject(Array.from({ length: 5 }, () => ({ code: 'LIMIT_EXCEEDED' })))
  })
})

describe('a limit on calls', () => {
  function counted(answers: (number | Error)[]) {
    const clock = new ManualClock()
    const asked: string[] = []
    const countCall: Store['countCall'] = async ({ principal }) => {
      asked.push(principal)
      const answer = answers.shift() ?? 0
      if (typeof answer === 'number') return answer
      throw answer
    }
    const limit = new CallLimit('sendsPerMinute', {
      limits: { sendsPerMinute: 5, createsPerMinute: 1, changesPerMinute: 1, uploadsPerMinute: 1 },
      store: { clock, countCall },
    })
    return { clock, asked, limit }
  }

  test('refuses without another statement until a call is possible again', async () => {
    const { clock, asked, limit } = counted([20_000, 0])
    const refused = { code: 'LIMIT_EXCEEDED', data: { limit: 5, retryAfter: 20_000 } }
    await expect(limit.take('ann')).rejects.toMatchObject(refused)
    await clock.advance(15_000)
    const soon = { ...refused, data: { limit: 5, retryAfter: 5_000 } }
    await expect(limit.take('ann')).rejects.toMatchObject(soon)
    await limit.take('bob')
    expect(asked).toEqual(['ann', 'bob'])
    await clock.advance(5_000)
    await limit.take('ann')
    expect(asked).toEqual(['ann', 'bob', 'ann'])
  })

  test('takes no call that could not be counted', async () => {
    const { limit } = counted([new Error('away'), 0])
    await expect(limit.take('ann')).rejects.toThrow('away')
    await limit.take('ann')
  })

  test('that is infinite asks nobody', async () => {
    const store = await createStore({ storage: sqlite({ path: ':memory:' }) })
    await store.close()
    const limits = { ...store.limits, sendsPerMinute: Infinity }
    await new CallLimit('sendsPerMinute', { limits, store }).take('ann')
  })
})
