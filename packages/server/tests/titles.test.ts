import { ManualClock } from '@caughtup/schema/testing'
import { describe, expect, test } from 'vitest'

import type { TitleContext } from '../src/host/title.ts'
import { openTestServer } from './support/open-test-server.ts'

type Answer = PromiseWithResolvers<string | undefined>

/** A server whose `title` the test answers. */
async function openTitling() {
  const clock = new ManualClock()
  const asked: (TitleContext & Answer)[] = []
  const server = await openTestServer({
    clock,
    title: (context) => {
      const answer = Promise.withResolvers<string | undefined>()
      asked.push({ ...context, ...answer })
      return answer.promise
    },
  })
  const client = server.client()
  const { id: sessionId } = await client.sessions.create()
  const titled = async () => (await client.sessions.get({ sessionId })).title
  const send = (text: string) => client.messages.send({ sessionId, text })
  return { ...server, clock, asked, client, sessionId, titled, send }
}

describe('a title function', () => {
  test('gets the first prompt and who sent it, and no prompt waits for it', async () => {
    const { asked, send, titled, sessionId } = await openTitling()
    await send('How do I\nfix this?')
    expect(await titled()).toBe('How do I')
    expect(asked).toMatchObject([
      { sessionId, parts: [{ text: 'How do I\nfix this?' }], principal: { id: 'me' } },
    ])
    expect(Object.keys(asked[0]!.principal)).toEqual(['id'])
    asked[0]!.resolve('  A broken thing \n and more')
    await expect.poll(titled).toBe('A broken thing')
    await send('And this?')
    expect(asked).toHaveLength(1)
  })

  test('is asked once for prompts that come at once', async () => {
    const { asked, send, titled } = await openTitling()
    await Promise.all([send('Hi'), send('Hi'), send('Hi')])
    expect(asked).toHaveLength(1)
    asked[0]!.resolve('Greeting')
    await expect.poll(titled).toBe('Greeting')
  })

  test('is not asked for a session that has a title', async () => {
    const { asked, client } = await openTitling()
    const { id } = await client.sessions.create({ title: 'Mine' })
    await client.messages.send({ sessionId: id, text: 'Hi' })
    expect(asked).toEqual([])
  })

  test('does not undo a renaming', async () => {
    const { asked, send, titled, client, sessionId, store } = await openTitling()
    await send('Hi')
    await client.sessions.update({ sessionId, title: 'Mine' })
    asked[0]!.resolve('Greeting')
    const { id: other } = await client.sessions.create()
    await client.messages.send({ sessionId: other, text: 'Hi' })
    asked[1]!.resolve('Other')
    await expect.poll(async () => (await store.sessions.get(other, 'me')).title).toBe('Other')
    expect(await titled()).toBe('Mine')
  })

  test('names a session whose prompt has no text', async () => {
    const { asked, titled, client, sessionId } = await openTitling()
    const file = { type: 'file', url: 'https://example.org/a.png', mediaType: 'image/png' } as const
    await client.messages.send({ sessionId, parts: [file] })
    expect(await titled()).toBe('')
    asked[0]!.resolve('A picture')
    await expect.poll(titled).toBe('A picture')
  })

  test.each([undefined, '', ' \n '])('that returns %j leaves the default', async (answer) => {
    const { asked, send, titled, errors } = await openTitling()
    await send('Hi')
    asked[0]!.resolve(answer)
    await asked[0]!.promise
    await send('More')
    expect(await titled()).toBe('Hi')
    expect(errors).toEqual([])
  })

  test('that fails is reported and leaves the default', async () => {
    const { asked, send, titled, errors } = await openTitling()
    await send('Hi')
    asked[0]!.reject(new Error('overloaded'))
    await expect.poll(() => errors.map(({ where }) => where)).toEqual(['titling a session'])
    expect(await titled()).toBe('Hi')
  })

  test('that hangs is told after a minute, and its title is dropped', async () => {
    const { asked, send, titled, clock } = await openTitling()
    await send('Hi')
    await clock.advance(59_999)
    expect(asked[0]!.signal.aborted).toBe(false)
    await clock.advance(1)
    expect(asked[0]!.signal.aborted).toBe(true)
    asked[0]!.resolve('Too late')
    await asked[0]!.promise
    await send('More')
    expect(await titled()).toBe('Hi')
  })

  test('is told when the server closes, which does not wait for it', async () => {
    const { asked, send, chat, errors } = await openTitling()
    await send('Hi')
    await chat.close()
    expect(asked[0]!.signal.aborted).toBe(true)
    expect(errors).toEqual([])
  })

  test('may return a title that is too long: it is shortened', async () => {
    const { asked, send, titled } = await openTitling()
    await send('Hi')
    asked[0]!.resolve('x'.repeat(300))
    await expect.poll(titled).toBe(`${'x'.repeat(199)}…`)
  })
})
