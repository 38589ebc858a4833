import { CaughtupError } from '@caughtup/schema'
import { describe, expect, test } from 'vitest'

import { type Answered, answerOf, yielding } from '../../tests/support/answer-of.ts'
import { openTestServer, readRun, readUntil } from '../../tests/support/open-test-server.ts'

const secret = 'postgres://user:password@db.internal/prod'
const leaky = () => new Error(secret)
const call = { toolCallId: 'c', toolName: 'read', input: {} }
const failing = {
  toJSON() {
    throw leaky()
  },
}

/** Everything that a client can read of a session. */
async function readable({
  store,
  client,
  sessionId,
}: Pick<Answered, 'store' | 'client' | 'sessionId'>) {
  const me = client()
  return JSON.stringify([
    await store.events(sessionId, 0, { bytes: 1e9 }),
    await me.history.loadMore({ sessionId }),
    await me.activity.list(),
  ])
}

/** The errors that `onError` got, with their causes. */
function told(errors: readonly { error: unknown }[]): string {
  return errors.map(({ error }) => whole(error)).join('\n')
}

function whole(error: unknown): string {
  const data = JSON.stringify(error instanceof CaughtupError ? error.data : error)
  return error instanceof Error ? `${error.message} ${data} ${whole(error.cause)}` : `${data}`
}

describe("details of the host's errors reach onError, never clients", () => {
  test.each<[string, unknown]>([
    ['an error that a tool fails of', { type: 'tool-error', ...call, error: leaky() }],
    ['a text that a tool fails of', { type: 'tool-error', ...call, error: secret }],
    ['an object that a tool fails of', { type: 'tool-error', ...call, error: { reason: secret } }],
    ['an error part', { type: 'error', error: leaky() }],
    ['an error part with a text', { type: 'error', error: secret }],
    ['a malformed part', { type: 'text-delta', text: { secret } }],
    ['a part that is a text', secret],
    ['an output whose JSON form fails', { type: 'tool-result', ...call, output: failing }],
    ['an input whose JSON form fails', { type: 'tool-call', ...call, input: failing }],
    ['data whose JSON form fails', { type: 'data-x', data: failing }],
    ['data without a JSON form', { type: 'data-x', data: [secret, 1n] }],
    [
      'a result for a call that was never made',
      { type: 'tool-result', toolCallId: secret, toolName: 't' },
    ],
  ])('%s', async (_, part) => {
    const answered = await answerOf(yielding({ type: 'text-delta', text: 'So' }, part))
    expect(answered.answer.parts[0]).toMatchObject({ text: 'So' })
    expect(await readable(answered)).not.toMatch(/password|db\.internal/)
    expect(told(answered.errors)).toContain('password')
  })

  test.each<[string, () => never]>([
    [
      'an Error',
      () => {
        throw leaky()
      },
    ],
    [
      'a text',
      () => {
        // oxlint-disable-next-line typescript/only-throw-error -- some code throws such values
        throw secret
      },
    ],
  ])('%s that an agent throws', async (_, fail) => {
    const answered = await answerOf(fail)
    expect(answered.answer.metadata.error).toEqual({
      code: 'AGENT_FAILED',
      message: 'The assistant ran into an error.',
    })
    expect(await readable(answered)).not.toMatch(/password/)
    expect(told(answered.errors)).toContain('password')
  })

  test.each<[string, () => Promise<never>]>([
    ['that is not to be had', () => Promise.reject(leaky())],
    ['that cannot be stored', async () => ({ text: { secret } }) as never],
  ])('a summary %s', async (_, summarise) => {
    const server = await openTestServer({ summarise })
    const me = server.client()
    const { id: sessionId } = await me.sessions.create()
    const stream = await me.onChat({ sessionId, mode: { type: 'full' } })
    await readUntil(stream, 'caught-up')
    await me.messages.send({ sessionId, text: 'Hi' })
    await readRun(stream)
    await me.history.compact({ sessionId })
    await readRun(stream)
    expect(await readable({ ...server, sessionId })).not.toMatch(/password/)
    expect(server.errors).toHaveLength(1)
  })
})

describe('a host chooses the message that clients see', () => {
  const words = new CaughtupError('LIMIT_EXCEEDED', 'Ask again in a minute.')

  test('with a CaughtupError that a tool or an agent throws', async () => {
    const tool = await answerOf(yielding({ type: 'tool-error', ...call, error: words }))
    expect(tool.answer.parts).toMatchObject([{ errorText: 'Ask again in a minute.' }])
    const agent = await answerOf(yielding({ type: 'error', error: words }))
    expect(agent.answer.metadata.error).toEqual({
      code: 'LIMIT_EXCEEDED',
      message: 'Ask again in a minute.',
    })
  })

  test('with describeError, for any error', async () => {
    const describeError = (error: unknown) =>
      error instanceof TypeError ? 'The calculator takes numbers.' : undefined
    const tool = await answerOf(
      yielding(
        { type: 'tool-error', ...call, error: new TypeError(secret) },
        { type: 'tool-error', ...call, toolCallId: 'd', error: leaky() },
      ),
      { describeError },
    )
    expect(tool.answer.parts).toMatchObject([
      { errorText: 'The calculator takes numbers.' },
      { errorText: 'The tool failed.' },
    ])
    const agent = await answerOf(yielding({ type: 'error', error: new TypeError(secret) }), {
      describeError,
    })
    expect(agent.answer.metadata.error).toMatchObject({ message: 'The calculator takes numbers.' })
  })

  test.each<[string, () => unknown]>([
    [
      'throws',
      () => {
        throw new Error('No words')
      },
    ],
    ['gives no text', () => ({ secret })],
    ['gives an empty one', () => ''],
  ])('and a describeError that %s does no harm', async (_, describeError) => {
    const { answer } = await answerOf(yielding({ type: 'tool-error', ...call, error: leaky() }), {
      describeError: describeError as () => string,
    })
    expect(answer.parts).toMatchObject([{ errorText: 'The tool failed.' }])
    expect(answer.metadata.finishReason).toBe('stop')
  })
})
