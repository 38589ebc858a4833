import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'

import type { AgentContext } from '@caughtup/server'
import { createChatServer } from '@caughtup/server'
import { serve } from '@caughtup/server/node'
import { createStore } from '@caughtup/store'
import { sqlite } from '@caughtup/store/sqlite'
import {
  createChatClient,
  type Link,
  type SessionSnapshot,
  type SessionView,
  sse,
  webSocket,
} from '@caughtup/web-client'
import { expect, onTestFinished, test } from 'vitest'

/** Asks for a permission and for the place of the client, and then says what it got. */
async function* agent({ messages }: AgentContext) {
  const answer = messages.at(-1)
  if (answer?.role !== 'assistant') {
    const toolCall = { toolCallId: 'remove', toolName: 'remove', input: { path: 'x' } }
    yield { type: 'tool-call', ...toolCall } as const
    yield { type: 'tool-approval-request', approvalId: 'a', toolCall } as const
    yield { type: 'tool-call', toolCallId: 'place', toolName: 'place', input: {} } as const
    return
  }
  yield { type: 'text-delta', text: JSON.stringify(answer.parts) } as const
}

function testFolder(): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'caughtup-waiting-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

async function openServer(folder: string) {
  const store = await createStore({ storage: sqlite({ path: path.join(folder, 'chat.db') }) })
  const chat = createChatServer({ store, agent, principal: () => ({ id: 'ann' }), drain: 0 })
  const serving = await serve(chat)
  const close = async () => {
    await serving.close()
    await chat.close()
    await store.close()
  }
  onTestFinished(close)
  const open = (link: (url: string) => Link, sessionId: string): SessionView => {
    const client = createChatClient({
      link: link(`${serving.url}/rpc`),
      schedule: (callback) => {
        queueMicrotask(callback)
        return () => {}
      },
    })
    const view = client.session(sessionId)
    view.subscribe(() => {})
    onTestFinished(() => client.close())
    return view
  }
  return { store, open, close }
}

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

const waitsFor =
  (...ids: string[]) =>
  ({ waiting }: SessionSnapshot) =>
    JSON.stringify(waiting.map(({ toolCallId }) => toolCallId)) === JSON.stringify(ids)

test.each<[string, (url: string) => Link]>([
  ['HTTP', (url) => sse({ url })],
  ['a WebSocket', (url) => webSocket({ url })],
])(
  'over %s, what a run waits for is shown and answered on any device, also after a restart',
  async (_, link) => {
    const folder = testFolder()
    const first = await openServer(folder)
    const { id: sessionId } = await first.store.sessions.create({ owner: 'ann' })
    const here = first.open(link, sessionId)
    await here.send('Hi')
    await shows(here, waitsFor('remove', 'place'))
    const { waiting, canInterrupt, streaming } = here.getSnapshot()
    expect(waiting).toMatchObject([{ state: 'approval-requested' }, { state: 'input-available' }])
    expect({ canInterrupt, streaming }).toEqual({ canInterrupt: true, streaming: false })
    expect(await here.respond('place', { output: 'Rome' })).toEqual({ resumed: false })
    await shows(here, waitsFor('remove'))
    await first.close()

    const second = await openServer(folder)
    const there = second.open(link, sessionId)
    const elsewhere = second.open(link, sessionId)
    await shows(there, waitsFor('remove'))
    await shows(elsewhere, waitsFor('remove'))
    const answers = await Promise.allSettled([
      there.respond('remove', { approved: true }),
      elsewhere.respond('remove', { approved: false }),
    ])
    expect(answers.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
    expect(answers.find((each) => each.status === 'rejected')?.reason).toMatchObject({
      code: 'CONFLICT',
      // The run that the first answer let go on may be over when the second one comes.
      data: { reason: expect.stringMatching(/^(answered|run-not-waiting)$/) },
    })
    for (const view of [there, elsewhere]) {
      await shows(view, ({ run, messages }) => !run && messages.at(-1)?.status === 'done')
      const { messages, waiting: left } = view.getSnapshot()
      expect(messages.map(({ role }) => role)).toEqual(['user', 'assistant'])
      expect(JSON.stringify(messages.at(-1)?.parts.at(-1))).toContain('Rome')
      expect(left).toEqual([])
    }
    await expect(there.respond('remove', { approved: true })).rejects.toMatchObject({
      data: { reason: 'run-not-waiting' },
    })
  },
)

test('a prompt that waits behind a waiting run can be edited until its turn comes, or removed', async () => {
  const { store, open } = await openServer(testFolder())
  const { id: sessionId } = await store.sessions.create({ owner: 'ann' })
  const view = open((url) => sse({ url }), sessionId)
  await view.send('Hi')
  await shows(view, waitsFor('remove', 'place'))
  const { runId } = await view.send({ text: 'nxt', messageId: 'next' })
  await shows(view, ({ queue }) => queue.length === 1)
  const { runId: unwanted } = await view.send({ text: 'unwanted', messageId: 'unwanted' })
  expect(await view.interrupt(unwanted)).toEqual({ interrupted: true })
  await view.updateQueued(runId, 'next')
  await shows(view, ({ queue }) => JSON.stringify(queue).includes('"next"}]'))
  await view.interrupt()
  await shows(view, ({ messages }) => messages.some(({ id }) => id === 'next'))
  const next = view.getSnapshot().messages.find(({ id }) => id === 'next')
  expect(next).toMatchObject({ parts: [{ text: 'next' }], metadata: { author: 'ann' } })
  const { messages, queue } = view.getSnapshot()
  expect(JSON.stringify([messages, queue])).not.toContain('unwanted')
  await expect(view.updateQueued(runId, 'late')).rejects.toMatchObject({ code: 'NOT_FOUND' })
  expect(await view.interrupt(unwanted)).toEqual({ interrupted: false })
})
