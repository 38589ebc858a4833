import { Buffer } from 'node:buffer'

import type { Message, Part } from '@caughtup/schema'
import { expect, test } from 'vitest'

import type { Agent } from '../src/host/agent.ts'
import type { AttachmentOptions, AttachmentStorage } from '../src/host/attachments.ts'
import { filesOf, png, testAttachments, type UploadOptions } from './support/attachments.ts'
import { openTestServer, readRun, readUntil } from './support/open-test-server.ts'

type Url = { url: string }

async function open(
  set: Partial<AttachmentOptions> = {},
  agent: Agent = async function* () {
    yield { type: 'text-delta', text: 'I see' }
  },
) {
  const contexts: Message[][] = []
  const attachments = testAttachments({ mediaTypes: ['image/png', 'text/plain'], ...set })
  const server = await openTestServer({
    attachments,
    agent: (context) => {
      contexts.push(context.messages)
      return agent(context)
    },
    summarise: async ({ messages }) => {
      contexts.push(messages)
      return 'all of it'
    },
  })
  const files = filesOf((request) => server.chat.fetch(request), 'me')
  /** Sends a prompt with files, and returns what the agent got of the newest prompt. */
  const ask = async (sessionId: string, urls: readonly Url[], as = 'me') => {
    const stream = await server.client(as).onChat({ sessionId, mode: { type: 'full' } })
    await readUntil(stream, 'caught-up')
    const parts = urls.map(({ url }) => ({ type: 'file' as const, mediaType: 'text/html', url }))
    await server.client(as).messages.send({ sessionId, parts })
    const frames = await readRun(stream)
    await stream.return?.()
    return { frames, got: contexts.at(-1)?.findLast(({ role }) => role === 'user')?.parts ?? [] }
  }
  return { ...server, ...files, attachments, contexts, ask }
}

const text = (body: string): UploadOptions => ({ body, type: 'text/plain', filename: 'a.txt' })
const dataUrl = (type: string, bytes: Buffer) => `data:${type};base64,${bytes.toString('base64')}`
const wordsOf = (parts: readonly Part[]) =>
  parts.map((part) =>
    part.type === 'text' ? part.text : part.type === 'file' ? part.url : part.type,
  )

test('the agent gets the bytes of attachments, and clients their URLs', async () => {
  const { client, upload, ask } = await open()
  const { id } = await client().sessions.create()
  const image = await upload(id)
  const { got } = await ask(id, [image])
  // The type is that of the bytes, whatever the prompt says.
  expect(got).toEqual([{ type: 'file', mediaType: 'image/png', url: dataUrl('image/png', png) }])
  const { messages } = await client().history.loadMore({ sessionId: id })
  expect(messages[0]?.parts).toEqual([{ type: 'file', mediaType: 'text/html', url: image.url }])
})

test('a compaction summarises with the bytes', async () => {
  const { client, upload, ask, contexts } = await open()
  const { id } = await client().sessions.create()
  await ask(id, [await upload(id)])
  const stream = await client().onChat({ sessionId: id, mode: { type: 'full' } })
  await readUntil(stream, 'caught-up')
  await client().history.compact({ sessionId: id })
  await readRun(stream)
  expect(wordsOf(contexts.at(-1)?.[0]?.parts ?? [])).toEqual([dataUrl('image/png', png)])
})

test('a context has so many bytes of attachments at most, the newest first', async () => {
  const { client, upload, ask, contexts } = await open({ contextBytes: 10 })
  const { id } = await client().sessions.create()
  const [old, young, large] = [
    await upload(id, 'me', text('123456')),
    await upload(id, 'me', text('abcdef')),
    await upload(id, 'me', text('more than ten bytes')),
  ]
  await ask(id, [old])
  await ask(id, [young])
  const leftOut = '[A file (text/html) is too large to be read here.]'
  const { got } = await ask(id, [large])
  expect(wordsOf(got)).toEqual([leftOut])
  const prompts = contexts.at(-1)!.filter(({ role }) => role === 'user')
  expect(prompts.map(({ parts }) => wordsOf(parts))).toEqual([
    [leftOut],
    [dataUrl('text/plain', Buffer.from('abcdef'))],
    [leftOut],
  ])
})

test('an attachment that is gone is named, and the others are there', async () => {
  const { client, upload, ask, attachments } = await open()
  const { id } = await client().sessions.create()
  const [gone, kept] = [await upload(id), await upload(id, 'me', text('kept'))]
  await attachments.storage.remove(id, gone.url.split('/').at(-1)!)
  expect(wordsOf((await ask(id, [gone, kept])).got)).toEqual([
    '[A file (text/html) is not available.]',
    dataUrl('text/plain', Buffer.from('kept')),
  ])
})

test('an attachment of another session is only for authors who may read that session', async () => {
  const { client, upload, ask } = await open()
  const { id: secret } = await client('ada').sessions.create()
  const { id: shared } = await client().sessions.create({ members: ['ada'] })
  const image = await upload(secret, 'ada')
  expect(wordsOf((await ask(shared, [image])).got)).toEqual([
    '[A file (text/html) is not available.]',
  ])
  expect(wordsOf((await ask(shared, [image], 'ada')).got)).toEqual([dataUrl('image/png', png)])
})

test('a fork goes on with the attachments of its session, as long as they are there', async () => {
  const { client, upload, ask, contexts } = await open()
  const { id } = await client().sessions.create({ members: ['ada'] })
  const { frames } = await ask(id, [await upload(id)])
  const prompt = frames
    .flatMap((frame) => (frame.type === 'events' ? frame.events : []))
    .find((event) => event.type === 'message-created')
  const { session: fork } = await client('ada').sessions.fork({
    sessionId: id,
    from: prompt!.message.id,
  })
  const firstOf = () => wordsOf(contexts.at(-1)![0]!.parts)
  const say = async () => {
    const stream = await client('ada').onChat({ sessionId: fork.id, mode: { type: 'full' } })
    await readUntil(stream, 'caught-up')
    await client('ada').messages.send({ sessionId: fork.id, text: 'And?' })
    await readRun(stream)
    await stream.return?.()
  }
  await say()
  expect(firstOf()).toEqual([dataUrl('image/png', png)])
  await client().sessions.delete({ sessionId: id })
  await say()
  expect(firstOf()).toEqual(['[A file (text/html) is not available.]'])
})

test('a run whose attachments cannot be read ends with an error, and the next one works', async () => {
  let broken = false
  const { storage } = testAttachments()
  const failing: AttachmentStorage = {
    put: (...args) => storage.put(...args),
    get: (...args) => (broken ? Promise.reject(new Error('disk gone')) : storage.get(...args)),
    remove: (...args) => storage.remove(...args),
    removeSession: (...args) => storage.removeSession(...args),
  }
  const { client, upload, ask, errors } = await open({ storage: failing })
  const { id } = await client().sessions.create()
  const image = await upload(id)
  broken = true
  const { frames } = await ask(id, [image])
  const ended = frames
    .flatMap((frame) => (frame.type === 'events' ? frame.events : []))
    .find((event) => event.type === 'message-finished')
  expect(ended).toMatchObject({
    reason: 'error',
    error: { message: 'The storage of attachments does not answer.' },
  })
  expect(String(errors[0]?.error)).toBe('Error: disk gone')
  broken = false
  expect(wordsOf((await ask(id, [image])).got)).toEqual([dataUrl('image/png', png)])
})

test('a prompt that steers brings its attachments along', async () => {
  const steered = Promise.withResolvers<Message[]>()
  const queued = Promise.withResolvers<void>()
  const { client, upload, ask } = await open({}, async function* ({ steer }) {
    yield { type: 'text-delta', text: 'Well' }
    await queued.promise
    steered.resolve(await steer())
  })
  const { id } = await client().sessions.create()
  const image = await upload(id)
  const asked = ask(id, [await upload(id)])
  await expect.poll(async () => (await client().activity.list()).rows[0]?.streaming).toBe(true)
  await client().messages.send({
    sessionId: id,
    parts: [{ type: 'file', mediaType: 'image/png', url: image.url }],
    whenBusy: 'steer',
  })
  queued.resolve()
  const [prompt] = await steered.promise
  expect(wordsOf(prompt!.parts)).toEqual([dataUrl('image/png', png)])
  await asked
})
