import { createChatServer } from '@caughtup/server'
import { serve } from '@caughtup/server/node'
import { createStore, type Store } from '@caughtup/store'
import { memory } from '@caughtup/store/memory'

import type { launchBrowser } from '../../tests/src/browser/browser.ts'
import { type FaultProxy, openFaultProxy } from '../../tests/src/support/fault-proxy.ts'
import { SteppedAgent, type SteppedRun } from '../../tests/src/system/stepped-agent.ts'
import type {} from './page/open-page.ts'

type Browser = Awaited<ReturnType<typeof launchBrowser>>
type Page = Awaited<ReturnType<Browser['newPage']>>

/** A page with a chat of a real server, behind a proxy that cuts connections when it is told to. */
export interface ChatSite {
  page: Page
  store: Store
  sessionId: string
  faults: FaultProxy['faults']
  /** All that the page reported on its console, and its errors. */
  reported: string[]
  /** Breaks the connection that brings the next bytes from the server. */
  cutNext(): void
  /** Sends a prompt as another device would, and returns the run that answers it. */
  askElsewhere(sessionId?: string): Promise<SteppedRun>
  /** The run of the next prompt. */
  run(): Promise<SteppedRun>
  /** How many streams are open, as the server sees it. */
  openStreams(): Promise<number>
  [Symbol.asyncDispose](): Promise<void>
}

export interface ChatSiteOptions {
  script: string
  /** How many messages are there from the start. @default 0 */
  old?: number
  /** What a server draws into the page. @default nothing */
  render?: (url: string, sessionId: string) => Promise<{ head: string; html: string }>
}

export async function openChatSite(
  browser: Browser,
  { script, old = 0, render }: ChatSiteOptions,
): Promise<ChatSite> {
  const store = await createStore({ storage: memory() })
  const stepped = new SteppedAgent()
  const chat = createChatServer({
    store,
    agent: stepped.agent,
    principal: () => ({ id: 'me' }),
    stats: () => true,
  })
  let drawn = { head: '', html: '' }
  const serving = await serve(chat, {
    fallback(request, response) {
      const isScript = request.url === '/page.js'
      response.setHeader('content-type', isScript ? 'text/javascript' : 'text/html')
      response.end(
        isScript
          ? script
          : `<!doctype html><head>${drawn.head}</head><body><div id="root">${drawn.html}</div><script type="module" src="/page.js"></script></body>`,
      )
    },
  })
  const { id: sessionId } = await store.sessions.create({ owner: 'me' })
  const rows = Array.from({ length: old }, (_, index) => ({
    id: `old-${index}`,
    role: 'user' as const,
    parts: [{ type: 'text' as const, text: `Old ${index}` }],
  }))
  if (rows.length > 0) await store.reconcile(sessionId, rows)
  if (render) drawn = await render(`${serving.url}/rpc`, sessionId)

  const told = new ToldFaults()
  const proxy = await openFaultProxy(() => Number(new URL(serving.url).port), told as never)
  const page = await browser.newPage()
  page.setDefaultTimeout(15_000)
  const reported: string[] = []
  page.on('console', (message) => reported.push(message.text()))
  page.on('pageerror', (error) => reported.push(String(error)))
  await page.goto(`http://127.0.0.1:${proxy.port}/?session=${sessionId}`)
  await page.waitForFunction(() => 'chatPage' in window)
  return {
    page,
    store,
    sessionId,
    faults: proxy.faults,
    reported,
    cutNext: () => (told.cuts += 1),
    async askElsewhere(id = sessionId) {
      await page.evaluate(
        (to) => window.chatPage.client.rpc.messages.send({ sessionId: to, text: 'Elsewhere' }),
        id,
      )
      return stepped.run()
    },
    run: () => stepped.run(),
    openStreams: () =>
      page.evaluate(async () => (await window.chatPage.client.rpc.server.stats()).chatStreams),
    async [Symbol.asyncDispose]() {
      await page.close()
      await proxy.close()
      await serving.close()
      await chat.close()
      await store.close()
    },
  }
}

/** In place of random faults: lets all pass but what the test has cut. */
class ToldFaults {
  cuts = 0

  weighted<K extends string>(weights: Readonly<Record<K, number>>): K {
    if (!('cut' in weights) || this.cuts === 0) return 'pass' as K
    this.cuts -= 1
    return 'cut' as K
  }
}
