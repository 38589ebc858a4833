import { describe, expect, test } from 'vitest'

import { openTestServer } from './support/open-test-server.ts'

async function openSession(limits = {}) {
  const server = await openTestServer({ limits })
  const me = server.client()
  const you = server.client('you')
  const { id: sessionId } = await me.sessions.create({ title: 'Test', members: ['you'] })
  const send = async (text: string, client = me) => {
    const { messageId } = await client.messages.send({ sessionId, text })
    await expect
      .poll(async () => {
        const { run, queue } = (await server.store.head(sessionId)).head
        return run === undefined && queue.length === 0
      })
      .toBe(true)
    return messageId
  }
  const texts = async (client = me, query = {}) => {
    const { prompts, nextCursor } = await client.messages.prompts({ sessionId, ...query })
    return {
      texts: prompts.flatMap(({ parts }) => parts.map((part) => 'text' in part && part.text)),
      nextCursor,
    }
  }
  return { ...server, me, you, sessionId, send, texts }
}

describe("the caller's own prompts", () => {
  test('come newest first, of all epochs, without answers and those of others', async () => {
    const { me, you, sessionId, send, texts } = await openSession()
    await send('One')
    await send('Yours', you)
    await send('Two')
    await me.history.reset({ sessionId })
    await send('Three')
    expect(await texts()).toEqual({ texts: ['Three', 'Two', 'One'], nextCursor: null })
    expect(await texts(you)).toEqual({ texts: ['Yours'], nextCursor: null })
  })

  test('come in pages, each prompt once', async () => {
    const { send, texts } = await openSession()
    for (let n = 1; n <= 5; n++) await send(`${n}`)
    const seen: unknown[] = []
    let cursor: { before: number } | null | undefined
    const sizes: number[] = []
    while (cursor !== null) {
      const page = await texts(undefined, { limit: 2, ...(cursor && { cursor }) })
      seen.push(...page.texts)
      sizes.push(page.texts.length)
      cursor = page.nextCursor
    }
    expect(seen).toEqual(['5', '4', '3', '2', '1'])
    expect(sizes).toEqual([2, 2, 1])
  })

  test('are found behind many messages of others, in several bounded calls', async () => {
    const { store, sessionId, send, texts } = await openSession({ pageMost: 2, pageDefault: 2 })
    await send('Long ago')
    for (let n = 0; n < 30; n++) {
      const message = {
        id: `m${n}`,
        role: 'user' as const,
        status: 'done' as const,
        parts: [{ type: 'text' as const, text: 'x' }],
        metadata: { createdAt: 1, author: 'you' },
      }
      await store.append({ sessionId, drafts: [{ type: 'message-created', message }] })
    }
    const first = await texts()
    expect(first).toEqual({ texts: [], nextCursor: { before: expect.any(Number) } })
    const second = await texts(undefined, { cursor: first.nextCursor })
    expect(second).toEqual({ texts: ['Long ago'], nextCursor: null })
  })

  test('of a page are limited in bytes, but there is one', async () => {
    const { send, texts } = await openSession({ pageBytes: 3_000 })
    for (const letter of ['a', 'b', 'c']) await send(letter.repeat(2_000))
    const { texts: found, nextCursor } = await texts()
    expect(found).toEqual(['c'.repeat(2_000)])
    expect((await texts(undefined, { cursor: nextCursor })).texts).toEqual(['b'.repeat(2_000)])
  })

  test('are without those that an undo or an erasure took', async () => {
    const { me, sessionId, send, texts } = await openSession()
    const erased = await send('One')
    await send('Two')
    await send('Three')
    await me.history.undo({ sessionId })
    await me.history.erase({ sessionId, messageIds: [erased] })
    expect((await texts()).texts).toEqual(['Two'])
  })

  test('are refused above the most of a page', async () => {
    const { me, sessionId } = await openSession()
    await expect(me.messages.prompts({ sessionId, limit: 201 })).rejects.toMatchObject({
      code: 'BAD_INPUT',
      data: { field: 'limit', limit: 200 },
    })
  })
})

describe("the caller's own prompts of all sessions", () => {
  test('come newest first, page by page, without those of others', async () => {
    const { me, you, send, sessionId, store } = await openSession()
    await send('One')
    await send('Yours', you)
    await me.history.reset({ sessionId })
    await send('Two')
    const { id: second } = await me.sessions.create({ title: 'Other' })
    await me.messages.send({ sessionId: second, text: 'Three' })
    await send('Four')
    await expect.poll(async () => (await store.head(second)).head.run).toBeUndefined()
    const texts = async (client = me, limit = 100) => {
      const found: [string, unknown][] = []
      for (let cursor: string | null | undefined; cursor !== null;) {
        const page = await client.sessions.prompts({ limit, ...(cursor && { cursor }) })
        expect(page.prompts.length).toBeLessThanOrEqual(limit)
        for (const { sessionId: id, message } of page.prompts) {
          const [part] = message.parts
          found.push([id, part && 'text' in part && part.text])
        }
        cursor = page.nextCursor
      }
      return found
    }
    const all = [
      [sessionId, 'Four'],
      [second, 'Three'],
      [sessionId, 'Two'],
      [sessionId, 'One'],
    ]
    for (const limit of [1, 2, 3, 4, 100]) expect(await texts(me, limit)).toEqual(all)
    expect(await texts(you)).toEqual([[sessionId, 'Yours']])
    await me.sessions.removeMember({ sessionId, principal: 'you' })
    expect(await texts(you)).toEqual([])
    await me.sessions.delete({ sessionId: second })
    expect(await texts()).toEqual(all.filter(([id]) => id === sessionId))
  })

  test('are without those of sessions in which the host refuses them', async () => {
    const server = await openTestServer({
      can: (_, action, session) => action !== 'messages.prompts' || session?.title !== 'Secret',
    })
    const client = server.client()
    for (const title of ['Secret', 'Open']) {
      const { id } = await client.sessions.create({ title })
      await client.messages.send({ sessionId: id, text: title })
    }
    const { prompts, nextCursor } = await client.sessions.prompts()
    expect(prompts.map(({ message }) => message.parts)).toMatchObject([[{ text: 'Open' }]])
    expect(nextCursor).toBeNull()
  })

  test('of a page are limited in bytes, but there is one', async () => {
    const { me, send } = await openSession({ pageBytes: 3_000 })
    for (const letter of ['a', 'b']) await send(letter.repeat(2_000))
    const first = await me.sessions.prompts()
    expect(first.prompts).toHaveLength(1)
    const rest = await me.sessions.prompts({ cursor: first.nextCursor! })
    expect(rest).toMatchObject({ prompts: [{ message: { parts: [{ text: 'a'.repeat(2_000) }] } }] })
  })
})
