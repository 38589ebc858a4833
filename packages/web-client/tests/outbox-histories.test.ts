import type { SendInput } from '@caughtup/schema'
import { sleep } from '@caughtup/schema/clock'
import { ManualClock } from '@caughtup/schema/testing'
import { ORPCError } from '@orpc/client'
import * as fc from 'fast-check'
import { expect, test } from 'vitest'

import { type ChatClient, createChatClient } from '../src/create-chat-client.ts'
import { storedOutbox } from '../src/outbox/stored-outbox.ts'
import { FakeNetwork, rest } from './support/harness.ts'
import { SharedOutbox } from './support/shared-outbox.ts'

/** What becomes of a call: how long it and its answer take, in ms, and what goes wrong. */
const fate = fc.record({
  way: fc.constantFrom(0, 0, 50, 5_000, 40_000),
  back: fc.constantFrom(0, 0, 50, 40_000),
  outcome: fc.constantFrom('works', 'works', 'busy', 'limit', 'bug', 'lost', 'answer lost'),
})
const client = fc.nat({ max: 1 })
const which = fc.nat({ max: 7 })
const step = fc.oneof(
  { weight: 6, arbitrary: fc.record({ do: fc.constant('send'), client, isBad: fc.boolean() }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('edit'), client, which }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('dismiss'), client, which }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constantFrom('crash', 'close'), client }) },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('pass'),
      ms: fc.constantFrom(0, 20, 300, 3_000, 35_000),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('rest') }) },
)
type Step = { do: string; client?: number; which?: number; isBad?: boolean; ms?: number }
interface Fate {
  way: number
  back: number
  outcome: string
}

/** A server whose calls have the given fates; when there are no more, it works. */
class UnreliableServer {
  readonly journal: { messageId: string; text: string }[] = []
  readonly reused: string[] = []
  readonly #clock: ManualClock
  readonly #fates: Iterator<Fate>

  constructor(clock: ManualClock, fates: readonly Fate[]) {
    this.#clock = clock
    this.#fates = fates.values()
  }

  async call(path: readonly string[], input: unknown): Promise<unknown> {
    const { way, back, outcome } = this.#fates.next().value ?? { way: 0, back: 0, outcome: 'works' }
    await sleep(this.#clock, way)
    if (outcome === 'lost') throw new TypeError('The network is gone.')
    const answer = this.#handle(path, input, outcome)
    await sleep(this.#clock, back)
    if (outcome === 'answer lost') throw new TypeError('The network is gone.')
    return answer
  }

  #handle(path: readonly string[], input: unknown, outcome: string): unknown {
    const data = { reason: 'database-busy' }
    if (outcome === 'busy') throw new ORPCError('UNAVAILABLE', { status: 503, data })
    if (outcome === 'limit') throw new ORPCError('LIMIT_EXCEEDED', { status: 429 })
    if (outcome === 'bug') throw new ORPCError('INTERNAL_SERVER_ERROR', { status: 500 })
    if (path.join('.') !== 'messages.send') return {}
    const { messageId = '', text } = input as Extract<SendInput, { text: string }>
    if (text.startsWith('bad')) throw new ORPCError('TOO_LARGE', { status: 413 })
    const known = this.journal.find((message) => message.messageId === messageId)
    if (known && known.text !== text) {
      this.reused.push(messageId)
      throw new ORPCError('CONFLICT', { status: 409, data: { reason: 'message-id-reused' } })
    }
    if (!known) this.journal.push({ messageId, text })
    return { messageId, runId: `run of ${messageId}`, queued: false }
  }
}

interface Tab {
  life: { dead: boolean }
  client: ChatClient
}

async function play(steps: readonly Step[], fates: readonly Fate[], hasLocks: boolean) {
  const clock = new ManualClock()
  const server = new UnreliableServer(clock, fates)
  const shared = new SharedOutbox(hasLocks)
  const open = (): Tab => {
    const life = { dead: false }
    const client = createChatClient({
      link: () => ({
        async call(path, input) {
          if (life.dead) await new Promise(() => {})
          const answer = await server.call(path, input)
          if (life.dead) await new Promise(() => {})
          return answer
        },
      }),
      clock,
      network: new FakeNetwork(),
      random: () => 0.5,
      outbox: storedOutbox(shared.of(life)),
    })
    return { life, client }
  }
  const tabs = [open(), open()]
  const sent: string[] = []
  const dismissed = new Set<string>()
  const edited: Promise<unknown>[] = []
  const notTrue: string[] = []
  const answers: Promise<unknown>[] = []
  for (const [
    at,
    { do: what, client: index = 0, which: nth = 0, isBad, ms = 0 },
  ] of steps.entries()) {
    const tab = tabs[index] ?? tabs[0]!
    const session = tab.client.session('s')
    const messageId = sent[nth % Math.max(1, sent.length)] ?? 'none'
    if (what === 'send') {
      // Ids whose order is not that of the prompts.
      const id = `${(at * 7919) % 1_000}-${at}`
      sent.push(id)
      const answer = session.send({
        messageId: id,
        text: isBad && at % 3 === 0 ? `bad ${at}` : `${at}`,
      })
      answers.push(
        answer.then(
          (result) => {
            if (result.messageId !== id) notTrue.push(`the answer of ${id} is that of another`)
          },
          () => 'checked at the end',
        ),
      )
    } else if (what === 'edit') {
      const change = session.updatePending(messageId, `edited ${at}`)
      edited.push(
        change.then((isDone) => {
          const isSent = server.journal.some((one) => one.messageId === messageId)
          if (isDone && isSent && !shared.texts.get(messageId)?.startsWith('edited')) {
            notTrue.push(`${messageId} was edited and sent as it was`)
          }
        }),
      )
    } else if (what === 'dismiss') {
      void session.dismissPending(messageId).then((isDone) => {
        if (isDone) dismissed.add(messageId)
      })
    } else if (what === 'crash' || what === 'close') {
      tab.life.dead = what === 'crash'
      tab.client.close()
      if (what === 'crash') shared.releaseLocksOf(tab.life)
      tabs[index] = open()
    } else if (what === 'pass') {
      await clock.advance(ms)
    } else {
      await rest()
    }
  }
  const waiting = async () => (await shared.list()).some(({ state }) => state !== 'failed')
  await rest()
  for (let turn = 0; turn < 100 && (await waiting()); turn++) await clock.advance(10_000)
  for (const { client: open } of tabs) open.close()
  await rest()
  return { server, shared, dismissed, notTrue }
}

test('in any history of cuts, delays, busy servers, crashes, edits and removals by two clients, each prompt is in the journal once and in order', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { maxLength: 25 }),
      fc.array(fate, { maxLength: 25 }),
      fc.boolean(),
      async (steps, fates, hasLocks) => {
        const { server, shared, dismissed, notTrue } = await play(steps, fates, hasLocks)
        const left = await shared.list()
        const failed = left.map(({ input }) => input.messageId)
        expect(left.every(({ state }) => state === 'failed')).toBe(true)
        expect(left.every(({ error }) => error?.code === 'TOO_LARGE')).toBe(true)
        const expected = shared.places.filter((id) => !dismissed.has(id) && !failed.includes(id))
        expect(server.journal).toEqual(
          expected.map((messageId) => ({ messageId, text: shared.texts.get(messageId) })),
        )
        expect(server.reused).toEqual([])
        expect(notTrue).toEqual([])
      },
    ),
    { numRuns: Number(process.env['RUNS'] ?? 150) },
  )
}, 120_000)
