import { describe, expect, test } from 'vitest'

import { calls } from '../../tests/support/calls.ts'
import { openTestServer } from '../../tests/support/open-test-server.ts'
import { createChatServer } from '../create-chat-server.ts'
import type { Can } from '../host/principal.ts'

const noGrants: [string, () => unknown][] = [
  ['false', () => false],
  ['undefined', () => undefined],
  ['null', () => null],
  ['0', () => 0],
  ['1', () => 1],
  ["'true'", () => 'true'],
  ["'no'", () => 'no'],
  ['{}', () => ({})],
  ['a promise of undefined', async () => undefined],
  ["a promise of 'yes'", async () => 'yes'],
  ['a function', () => () => true],
]

describe('only true grants', () => {
  test.each(noGrants)('`can` refuses everything when it returns %s', async (_, answer) => {
    const { client, store, errors } = await openTestServer({
      can: answer as unknown as Can,
      stats: () => true,
      summarise: () => Promise.resolve('all of it'),
    })
    const { id } = await store.sessions.create({ owner: 'me' })
    for (const [action, call] of Object.entries(calls)) {
      const outcome = await call(client(), id).catch((error: unknown) => error)
      expect([action, outcome]).toMatchObject([action, { code: 'NOT_FOUND' }])
    }
    expect((await store.sessions.list('me')).sessions).toMatchObject([{ id, title: '' }])
    expect((await store.page(id, {})).messages).toEqual([])
    expect(errors).toEqual([])
  })

  test.each(noGrants)('`stats` refuses when it returns %s', async (_, answer) => {
    const { client } = await openTestServer({ stats: answer as unknown as () => boolean })
    await expect(client().server.stats()).rejects.toMatchObject({ code: 'NOT_FOUND' })
  })

  test('true grants, and so does a promise of true', async () => {
    for (const grant of [() => true, async () => true]) {
      const { client } = await openTestServer({ can: grant, stats: grant })
      await client().sessions.create()
      expect(await client().server.stats()).toMatchObject({ runs: 0 })
    }
  })
})

describe('a hook that fails', () => {
  const fail = () => {
    throw new Error('the directory is down')
  }

  test.each([
    ['`can` that throws', { can: fail }, 'sessions.create'],
    ['`can` that rejects', { can: async () => fail() }, 'sessions.create'],
    ['`stats` that throws', { stats: fail }, 'server.stats'],
    ['`stats` that rejects', { stats: async () => fail() }, 'server.stats'],
  ] as const)('%s grants nothing, reveals nothing, and is logged', async (_, options, action) => {
    const { client, store, errors } = await openTestServer(options)
    const outcome = await calls[action](client(), '').catch((error: unknown) => error)
    expect(outcome).toMatchObject({ code: 'INTERNAL_SERVER_ERROR', status: 500 })
    expect(JSON.stringify(outcome)).not.toContain('directory')
    expect(errors).toMatchObject([{ error: { message: 'the directory is down' }, where: action }])
    expect((await store.sessions.list('me')).sessions).toEqual([])
  })

  test.each(['can', 'stats', 'summarise', 'onError'])(
    '%s that is not a function is rejected at once, by name',
    async (name) => {
      const { store } = await openTestServer()
      const required = { store, agent: async function* () {}, principal: () => ({ id: 'me' }) }
      for (const value of [null, true, 'no', {}]) {
        expect(() => createChatServer({ ...required, [name]: value })).toThrow(`\`${name}\``)
      }
    },
  )
})
