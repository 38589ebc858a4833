import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { setTimeout } from 'node:timers/promises'

import type { Message } from '@caughtup/schema'
import { createChatServer } from '@caughtup/server'
import { serve } from '@caughtup/server/node'
import { createStore } from '@caughtup/store'
import { sqlite } from '@caughtup/store/sqlite'
import {
  ChatClientError,
  createChatClient,
  type Link,
  type SessionSnapshot,
  type SessionView,
  sse,
  webSocket,
} from '@caughtup/web-client'
import { expect, onTestFinished, test } from 'vitest'

/**
 * A server on a port, whose agent repeats the prompt, and after the word "wait" waits until it is
 * stopped. The principal is named in the URL.
 */
async function openServer() {
  const folder = mkdtempSync(path.join(tmpdir(), 'caughtup-changes-'))
  const store = await createStore({ storage: sqlite({ path: path.join(folder, 'chat.db') }) })
  const chat = createChatServer({
    store,
    agent: async function* ({ messages, signal }) {
      const [part] = messages.at(-1)?.parts ?? []
      const text = part?.type === 'text' ? part.text : ''
      yield { type: 'text-delta', text: `re: ${text}` }
      if (text.startsWith('wait')) await setTimeout(600_000, undefined, { signal })
    },
    principal: ({ url = '' }) => {
      const id = new URL(url, 'http://localhost').searchParams.get('as')
      return id === null ? undefined : { id }
    },
    drain: 0,
  })
  const serving = await serve(chat)
  onTestFinished(async () => {
    await serving.close()
    await chat.close()
    await store.close()
    rmSync(folder, { recursive: true, force: true })
  })
  const open = (principal: string, link: (url: string) => Link, sessionId: string) => {
    const client = createChatClient({
      link: link(`${serving.url}/rpc?as=${principal}`),
      schedule: (callback) => {
        queueMicrotask(callback)
        return () => {}
      },
    })
    const view = client.session(sessionId)
    const leave = view.subscribe(() => {})
    onTestFinished(() => client.close())
    return { client, view, leave }
  }
  const { id: sessionId } = await store.sessions.create({ owner: 'ann', members: ['bob'] })
  return { store, open, sessionId }
}

const links: [string, (url: string) => Link][] = [
  ['HTTP', (url) => sse({ url })],
  ['a WebSocket', (url) => webSocket({ url })],
]

/** Resolves once the snapshot matches. */
function shows(view: SessionView, matches: (snapshot: SessionSnapshot) => boolean): Promise<void> {
  return new Promise((resolve) => {
    const look = () => {
      if (matches(view.getSnapshot())) resolve()
    }
    onTestFinished(view.subscribe(look))
    look()
  })
}

const textOf = ({ parts }: Message) =>
  parts.map((part) => (part.type === 'text' ? part.text : '')).join('')
const textsOf = ({ messages }: SessionSnapshot) => messages.map(textOf)

/** Resolves once the live view shows these messages and no run. */
function showsTexts(view: SessionView, ...texts: string[]): Promise<void> {
  return shows(
    view,
    (snapshot) =>
      snapshot.connection.status === 'live' &&
      snapshot.run === undefined &&
      JSON.stringify(textsOf(snapshot)) === JSON.stringify(texts),
  )
}

test.each(links)(
  'over %s, what one device undoes, restores, edits or deletes is so on another one',
  async (_, link) => {
    const { open, sessionId } = await openServer()
    const here = open('ann', link, sessionId)
    const there = open('ann', link, sessionId)
    const both = (...texts: string[]) =>
      Promise.all([here, there].map(({ view }) => showsTexts(view, ...texts)))
    const undoState = () => {
      const { canUndo, canRedo } = there.view.getSnapshot()
      return { canUndo, canRedo }
    }
    await here.view.send('one')
    await both('one', 're: one')
    await there.view.send('two')
    await both('one', 're: one', 'two', 're: two')

    const undone = await here.view.history.undo()
    await both('one', 're: one')
    expect(undone).toMatchObject({ canUndo: true, canRedo: true })
    expect(undoState()).toEqual({ canUndo: true, canRedo: true })
    const redone = await there.view.history.redo()
    await both('one', 're: one', 'two', 're: two')
    expect(redone).toEqual({ seq: undone.seq + 1, canUndo: true, canRedo: false })
    expect(undoState()).toEqual({ canUndo: true, canRedo: false })

    const [prompt, answer] = here.view.getSnapshot().messages
    await here.view.history.edit(prompt!.id, 'won')
    await both('won', 're: one', 'two', 're: two')
    await here.view.history.edit(prompt!.id, [{ type: 'text', text: 'first' }])
    await both('first', 're: one', 'two', 're: two')
    await here.view.history.delete(answer!.id)
    await both('first', 'two', 're: two')
    await here.view.history.truncate(prompt!.id)
    await both('first')
    await here.view.history.erase([prompt!.id])
    await both()
    expect(undoState()).toEqual({ canUndo: false, canRedo: false })
  },
)

test.each(links)(
  'over %s, an undo stops the answer that streams, and hides its turn on every device',
  async (_, link) => {
    const { open, sessionId, store } = await openServer()
    const here = open('ann', link, sessionId)
    const there = open('bob', link, sessionId)
    await here.view.send('one')
    await showsTexts(here.view, 'one', 're: one')
    await here.view.send('wait')
    await shows(there.view, (snapshot) => textsOf(snapshot).at(-1) === 're: wait')
    expect(there.view.getSnapshot()).toMatchObject({ streaming: true })
    await there.view.history.undo()
    expect((await store.head(sessionId)).head.run).toBeUndefined()
    await Promise.all([here, there].map(({ view }) => showsTexts(view, 'one', 're: one')))
    await here.view.history.redo()
    const kept = (view: SessionView) =>
      shows(view, ({ messages }) => messages.at(-1)?.metadata.finishReason === 'interrupted')
    await Promise.all([here, there].map(({ view }) => kept(view)))
    expect(textsOf(there.view.getSnapshot())).toEqual(['one', 're: one', 'wait', 're: wait'])
  },
)

test.each(links)('over %s, an undo in the same tick as a prompt takes it back', async (_, link) => {
  const { open, sessionId } = await openServer()
  const { view } = open('ann', link, sessionId)
  for (let n = 0; n < 5; n++) {
    await Promise.all([view.send(`wait ${n}`), view.history.undo()])
    await showsTexts(view)
  }
})

test('a message that is deleted while another device replays the session is gone there, and stays so', async () => {
  const { open, sessionId } = await openServer()
  const here = open('ann', (url) => sse({ url }), sessionId)
  for (const text of ['one', 'two']) {
    await here.view.send(text)
    await shows(here.view, ({ run, messages }) => !run && messages.at(-1)?.status === 'done')
  }
  await showsTexts(here.view, 'one', 're: one', 'two', 're: two')
  const requested = Promise.withResolvers<void>()
  const deleted = Promise.withResolvers<void>()
  /** The server answers at once; the device receives nothing before the deletion was made. */
  const slow = (url: string) =>
    sse({
      url,
      async fetch(input, init) {
        const response = await fetch(input, init)
        if (!input.url.includes('/onChat')) return response
        requested.resolve()
        const held = new TransformStream<Uint8Array, Uint8Array>({
          async transform(chunk, controller) {
            await deleted.promise
            controller.enqueue(chunk)
          },
        })
        return new Response(response.body?.pipeThrough(held), response)
      },
    })
  const there = open('ann', slow, sessionId)
  await requested.promise
  const { messages } = here.view.getSnapshot()
  await here.view.history.delete(messages[1]!.id)
  await here.view.history.undo()
  deleted.resolve()
  await showsTexts(there.view, 'one')
  there.leave()
  await here.view.history.redo()
  onTestFinished(there.view.subscribe(() => {}))
  await showsTexts(there.view, 'one', 'two', 're: two')
  await showsTexts(open('ann', (url) => sse({ url }), sessionId).view, 'one', 'two', 're: two')
})

test.each(links)(
  'over %s, a member erases the prompts that it sent on every device, and no others',
  async (_, link) => {
    const { open, sessionId, store } = await openServer()
    const ann = open('ann', link, sessionId)
    const bob = open('bob', link, sessionId)
    await bob.view.send('my secret')
    await showsTexts(bob.view, 'my secret', 're: my secret')
    await ann.view.send('hers')
    await showsTexts(bob.view, 'my secret', 're: my secret', 'hers', 're: hers')
    const [his, answer, hers] = bob.view.getSnapshot().messages.map(({ id }) => id)
    for (const ids of [[hers!], [answer!], [his!, hers!]]) {
      const refused = bob.view.history.erase(ids)
      await expect(refused).rejects.toBeInstanceOf(ChatClientError)
      await expect(refused).rejects.toMatchObject({ code: 'NOT_FOUND' })
    }
    await expect(bob.view.history.truncate()).rejects.toMatchObject({ code: 'NOT_FOUND' })
    await bob.view.history.erase([his!])
    await showsTexts(ann.view, 're: my secret', 'hers', 're: hers')
    await ann.view.history.erase([answer!, hers!])
    await showsTexts(bob.view, 're: hers')
    const { events } = await store.events(sessionId, 0, { bytes: 1e9 })
    expect(JSON.stringify(events)).not.toContain('my secret')
  },
)

test.each(links)(
  'over %s, an answer that one device asks for again is a version on every device, and each can choose',
  async (_, link) => {
    const { open, sessionId } = await openServer()
    const ann = open('ann', link, sessionId)
    const bob = open('bob', link, sessionId)
    const both = (...texts: string[]) =>
      Promise.all([ann, bob].map(({ view }) => showsTexts(view, ...texts)))
    const versions = ({ view }: { view: SessionView }) =>
      view.getSnapshot().messages.flatMap(({ version }) => (version ? [version] : []))
    await ann.view.send('one')
    await both('one', 're: one')
    const first = ann.view.getSnapshot().messages[1]!.id
    await bob.view.retry(first)
    await both('one', 're: one')
    await shows(ann.view, ({ messages }) => messages[1]?.version?.index === 2)
    await ann.view.resend(ann.view.getSnapshot().messages[0]!.id, 'won')
    await both('won', 're: won')
    expect(versions(bob)).toEqual([{ index: 2, count: 2 }])

    // One device is away while another chooses, and is caught up when it comes back.
    bob.view.pause()
    const [old] = await ann.view.versions(ann.view.getSnapshot().messages[0]!.id)
    await ann.view.choose(old!.message.id)
    await showsTexts(ann.view, 'one', 're: one')
    await ann.view.choose(first)
    await ann.view.send('two')
    await showsTexts(ann.view, 'one', 're: one', 'two', 're: two')
    bob.view.resume()
    await showsTexts(bob.view, 'one', 're: one', 'two', 're: two')
    expect(bob.view.getSnapshot().connection.lastReplay?.mode).toBe('since')
    expect(bob.view.getSnapshot().messages).toEqual(ann.view.getSnapshot().messages)
    expect(versions(bob)).toEqual([
      { index: 1, count: 2 },
      { index: 1, count: 2 },
    ])
    const fresh = open('bob', link, sessionId)
    await showsTexts(fresh.view, 'one', 're: one', 'two', 're: two')
    expect(fresh.view.getSnapshot().messages).toEqual(ann.view.getSnapshot().messages)
  },
)

test('a retry whose answer was lost on the way is repeated, and done once', async () => {
  const { open, sessionId } = await openServer()
  let lost = 0
  const lossy = (url: string) =>
    sse({
      url,
      async fetch(input, init) {
        const response = await fetch(input, init)
        if (!input.url.includes('/messages/retry') || lost++ > 0) return response
        throw new TypeError('The connection was lost.')
      },
    })
  const { view } = open('ann', lossy, sessionId)
  await view.send('one')
  await showsTexts(view, 'one', 're: one')
  const { answerId } = await view.retry()
  await shows(view, ({ messages, run }) => !run && messages.at(-1)?.id === answerId)
  expect(lost).toBe(2)
  expect(await view.versions(answerId)).toHaveLength(2)
})

test('a fork is a session of its own for the member who made it', async () => {
  const { open, sessionId } = await openServer()
  const link = (url: string) => sse({ url })
  const ann = open('ann', link, sessionId)
  await ann.view.send('one')
  await showsTexts(ann.view, 'one', 're: one')
  await ann.view.send('two')
  await showsTexts(ann.view, 'one', 're: one', 'two', 're: two')
  const from = ann.view.getSnapshot().messages[1]!.id
  const bob = open('bob', link, sessionId)
  const { session } = await bob.client.rpc.sessions.fork({ sessionId, from })
  const fork = open('bob', link, session.id)
  await showsTexts(fork.view, 'one', 're: one')
  await fork.view.send('three')
  await showsTexts(fork.view, 'one', 're: one', 'three', 're: three')
  await showsTexts(ann.view, 'one', 're: one', 'two', 're: two')
  const elsewhere = open('ann', link, session.id)
  await shows(elsewhere.view, ({ connection }) => connection.status === 'failed')
  expect(elsewhere.view.getSnapshot().connection.error).toMatchObject({ code: 'NOT_FOUND' })
})
