import { createChatServer } from '@caughtup/server'
import { serve } from '@caughtup/server/node'
import { createStore, type Store } from '@caughtup/store'
import { memory } from '@caughtup/store/memory'
import type { Browser, Page } from 'playwright-core'

import { type SteppedRun, SteppedAgent } from '../../system/stepped-agent.ts'

/** A page with a session of a real server, whose agent says what the test lets it say. */
export interface ChatPage {
  page: Page
  store: Store
  sessionId: string
  /** Sends a prompt as the page, and returns the run that answers it. */
  ask(): Promise<SteppedRun>
  /** The same past the page's view, as another device would. */
  askElsewhere(): Promise<SteppedRun>
  /** Yields text, piece by piece, each at least a frame after the one before. */
  stream(run: SteppedRun, pieces: readonly string[]): Promise<void>
  [Symbol.asyncDispose](): Promise<void>
}

export interface ChatPageOptions {
  /** Texts of messages that are there from the start, or how many short ones. @default 0 */
  old?: number | readonly string[]
  /** What a server renders into the page. @default nothing */
  render?: (url: string, sessionId: string) => Promise<string>
}

export async function openChatPage(
  browser: Browser,
  script: string,
  { old = 0, render = () => Promise.resolve('') }: ChatPageOptions = {},
): Promise<ChatPage> {
  const store = await createStore({ storage: memory() })
  const stepped = new SteppedAgent()
  const chat = createChatServer({ store, agent: stepped.agent, principal: () => ({ id: 'me' }) })
  let rendered = ''
  const serving = await serve(chat, {
    fallback(request, response) {
      const isScript = request.url === '/page.js'
      response.setHeader('content-type', isScript ? 'text/javascript' : 'text/html')
      response.end(
        isScript ? script : `<div id="root">${rendered}</div><script src="/page.js"></script>`,
      )
    },
  })
  const { id: sessionId } = await store.sessions.create({ owner: 'me' })
  const texts = typeof old === 'number' ? Array.from({ length: old }, (_, n) => `Old ${n}`) : old
  const rows = texts.map((text, index) => ({
    id: `old-${index}`,
    role: 'user' as const,
    parts: [{ type: 'text' as const, text }],
  }))
  if (rows.length > 0) await store.reconcile(sessionId, rows)
  rendered = await render(`${serving.url}/rpc`, sessionId)
  const page = await browser.newPage()
  page.setDefaultTimeout(15_000)
  await page.goto(`${serving.url}/?session=${sessionId}`)
  await page.waitForFunction(() => 'reactPage' in window)
  return {
    page,
    store,
    sessionId,
    async ask() {
      await page.evaluate(() => window.reactPage.session.send('Hi'))
      return stepped.run()
    },
    async askElsewhere() {
      await page.evaluate(
        (id) => window.reactPage.client.rpc.messages.send({ sessionId: id, text: 'Elsewhere' }),
        sessionId,
      )
      return stepped.run()
    },
    async stream(run, pieces) {
      for (const text of pieces) {
        await run.yields({ type: 'text-delta', text })
        await page.evaluate(() => new Promise((drawn) => requestAnimationFrame(drawn)))
      }
    },
    async [Symbol.asyncDispose]() {
      await page.close()
      await serving.close()
      await chat.close()
      await store.close()
    },
  }
}
