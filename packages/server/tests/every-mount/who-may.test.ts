import { randomUUID } from 'node:crypto'

import { ManualClock } from '@caughtup/schema/testing'
import { createStore, type StorageFactory, type Store } from '@caughtup/store'
import { memory } from '@caughtup/store/memory'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import { engines } from '../support/tables/engines.ts'
import { openTestServer } from '../support/open-test-server.ts'
import { openSharedSession, stateOf } from '../support/tables/shared-session.ts'
import { everyMount, requestOf, type Route, type RouteName, routes } from './routes.ts'

const callers = ['owner', 'author', 'member', 'removed', 'stranger', undefined] as const

type Cells = readonly [number, number, number, number, number, number]
/** For those who may follow the session; for others it does not exist. */
const members: Cells = [200, 200, 200, 404, 404, 401]
/** A prompt makes a session that is not there. One that is there keeps its id, as for `sessions.create`. */
const prompts: Cells = [200, 200, 200, 409, 409, 401]

const table: Record<RouteName, Cells> = {
  'openApi: a procedure that reads': members,
  'openApi: a procedure that writes': members,
  'openApi: a stream': members,
  'chatRoutes: a prompt': prompts,
  // The prompt is its author's.
  'chatRoutes: a prompt in place of another one': [200, 200, 404, 404, 404, 401],
  'chatRoutes: another answer': members,
  'chatRoutes: an approval': members,
  // A chat that is not there is one to which nobody has written.
  'chatRoutes: the running answer': [200, 200, 200, 204, 204, 401],
  'chatRoutes: a stop': members,
  'agUi: a prompt': prompts,
  'agUi: the running answer': members,
  'agUi: an approval': members,
  'agUi: a stop': members,
  'durableStreams: the tail': members,
  'durableStreams: the entries': members,
  'durableStreams: the entries, and those to come': members,
  'durableStreams: the next entries': members,
}

/** Those that ask for something of a run need one. */
const ofWaitingRun = new Set<string>([
  'chatRoutes: an approval',
  'chatRoutes: the running answer',
  'agUi: the running answer',
  'agUi: an approval',
])

const rows = Object.entries(routes).map(
  ([name, route]) => [name, route, table[name as RouteName]] as const,
)

const open = (store: Store) => openTestServer({ store, closes: true, mounts: everyMount() })

/** A session in which one member was removed. */
async function openSession(store: Store, name: string): Promise<string> {
  const sessionId = await openSharedSession(store, { isWaiting: ofWaitingRun.has(name) })
  await store.sessions.addMember(sessionId, 'removed')
  await store.sessions.removeMember(sessionId, 'removed')
  return sessionId
}

const as = (principal: string | undefined) =>
  principal === undefined ? {} : { headers: { 'x-principal': principal } }

/** Status, headers and text of an answer, without the session's id. */
async function whole(answer: Response, sessionId: string) {
  const { status, headers } = answer
  const text = (await answer.text()).replaceAll(sessionId, ':id')
  return { status, headers: Object.fromEntries(headers), text }
}

describe.each(engines)('each route of each mount, on %s,', (_, openStorage) => {
  /** One for all rows, each of which makes sessions of its own. */
  let store: Store
  const closing: (() => unknown)[] = []

  beforeAll(async () => {
    store = await createStore({ storage: await openStorage((close) => closing.unshift(close)) })
    closing.unshift(() => store.close())
  })
  afterAll(async () => {
    for (const close of closing) await close()
  })

  test.each(rows)('%s is for whom the table says', async (name, route, cells) => {
    const { chat, errors } = await open(store)
    for (const [index, principal] of callers.entries()) {
      const sessionId = await openSession(store, name)
      const before = await stateOf(store, sessionId)
      const answer = await chat.fetch(requestOf(route, sessionId, as(principal)))
      expect([principal, answer.status]).toEqual([principal, cells[index]])
      await answer.body?.cancel()
      if (answer.status === 200) continue
      // A refused call changes nothing.
      expect(await stateOf(store, sessionId)).toEqual(before)
    }
    expect(errors).toEqual([])
  })

  test.each(rows.filter(([, , cells]) => cells !== prompts))(
    '%s answers those whose session it is not as if there were none',
    async (name, route) => {
      const { chat } = await open(store)
      const sessionId = await openSession(store, name)
      const ask = async (id: string, principal: string) =>
        whole(await chat.fetch(requestOf(route, id, as(principal))), id)
      const none = await ask(randomUUID(), 'stranger')
      for (const principal of ['removed', 'stranger']) {
        expect(await ask(sessionId, principal)).toEqual(none)
      }
      const mine = await store.sessions.list('stranger')
      expect(mine.sessions).toEqual([])
    },
  )
})

/** An engine that keeps the names of all calls. */
function recorded(calls: string[]): StorageFactory {
  return {
    async open(options) {
      const storage = await memory().open(options)
      return new Proxy(storage, {
        get(target, property) {
          const member: unknown = Reflect.get(target, property)
          if (typeof member !== 'function') return member
          return (...args: unknown[]) => {
            calls.push(String(property))
            return member.apply(target, args)
          }
        },
      })
    },
  }
}

test.each(rows.filter(([, , cells]) => cells !== prompts))(
  '%s asks the database the same of a session that is another’s as of none: how long it takes says nothing',
  async (name, route: Route) => {
    const calls: string[] = []
    // Its time stands still, so that nothing happens beside the requests.
    const store = await createStore({ storage: recorded(calls), clock: new ManualClock() })
    const { chat } = await open(store)
    const sessionId = await openSession(store, name)
    const callsOf = async (id: string) => {
      calls.length = 0
      const answer = await chat.fetch(requestOf(route, id, as('stranger')))
      expect(answer.status).not.toBe(200)
      return [...calls]
    }
    const ofNone = await callsOf(randomUUID())
    expect(ofNone.length).toBeGreaterThan(0)
    expect(await callsOf(sessionId)).toEqual(ofNone)
    await store.close()
  },
)
