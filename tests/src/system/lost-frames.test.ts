import type { ChatFrame, EventDraft, QueuedRun } from '@caughtup/schema'
import { createChatServer } from '@caughtup/server'
import { serve } from '@caughtup/server/node'
import { createStore } from '@caughtup/store'
import { memory } from '@caughtup/store/memory'
import { createChatClient, type Link, sse, webSocket } from '@caughtup/web-client'
import { expect, onTestFinished, test } from 'vitest'

import { losing, recording } from './cut-link.ts'

const links: [string, (url: string) => Link][] = [
  ['HTTP', (url) => sse({ url })],
  ['a WebSocket', (url) => webSocket({ url })],
]

test.each(links)(
  'over %s, a view notices every third frame that is lost on its way, and gets its events again',
  async (_, link) => {
    const store = await createStore({ storage: memory(), flush: { windowMs: 0 } })
    const chat = createChatServer({
      store,
      agent: async function* () {
        for (let n = 0; n < 30; n++) yield { type: 'text-delta', text: `${n} ` }
        yield { type: 'tool-call', toolCallId: 'c', toolName: 'look', input: {} }
        yield { type: 'tool-result', toolCallId: 'c', toolName: 'look', output: 'seen' }
        yield { type: 'finish', usage: { inputTokens: 9, outputTokens: 3 } }
      },
      principal: () => ({ id: 'me' }),
      drain: 0,
    })
    const serving = await serve(chat)
    onTestFinished(async () => {
      await serving.close()
      await chat.close()
      await store.close()
    })
    const { id: sessionId } = await store.sessions.create({ owner: 'me', title: 'Test' })
    const follow = (through: (link: Link) => Link) => {
      const client = createChatClient({
        link: through(link(`${serving.url}/rpc`)),
        reconnect: { minDelay: 1, maxDelay: 1 },
      })
      onTestFinished(() => client.close())
      const view = client.session(sessionId)
      onTestFinished(view.subscribe(() => {}))
      return view
    }
    const frames: ChatFrame[] = []
    const lost = { frames: 0 }
    const whole = follow((inner) => recording(inner, frames))
    const holed = follow((inner) => losing(inner, 3, lost))
    for (const view of [whole, holed]) {
      await expect.poll(() => view.getSnapshot().connection.status).toBe('live')
    }
    for (const text of ['One', 'Two', 'Three']) {
      await whole.send(text)
      await expect.poll(() => whole.getSnapshot().run).toBeUndefined()
    }
    const shown = ({ messages, run, usage, queue }: ReturnType<typeof whole.getSnapshot>) => ({
      messages,
      run,
      usage,
      queue,
    })
    // What is lost last shows with the next frame only.
    for (let n = 0; n < 3; n++) {
      const before = frames.length
      const add: QueuedRun = { kind: 'reset', runId: `r${n}`, trigger: 'user', queuedAt: 1 }
      const drafts: EventDraft[] = [
        { type: 'queue-changed', add },
        { type: 'queue-changed', remove: add.runId },
      ]
      await store.append({ sessionId, drafts })
      await expect.poll(() => frames.length).toBeGreaterThan(before)
    }
    await expect.poll(() => shown(holed.getSnapshot())).toEqual(shown(whole.getSnapshot()))
    expect(lost.frames).toBeGreaterThan(5)
    expect(holed.stats().connects).toBeGreaterThan(5)
    expect(whole.stats().connects).toBe(1)
  },
)
