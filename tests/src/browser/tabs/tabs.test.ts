import path from 'node:path'

import { createChatServer } from '@caughtup/server'
import { serve, type Serving } from '@caughtup/server/node'
import { createStore, type Store } from '@caughtup/store'
import { memory } from '@caughtup/store/memory'
import type { Connection } from '@caughtup/web-client'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import {
  afterAll,
  afterEach,
  beforeAll,
  beforeEach,
  describe,
  expect,
  onTestFinished,
  test,
} from 'vitest'

import { launchBrowser, skipBrowserTests } from '../browser.ts'
import { buildPage } from '../build-page.ts'
import { startHttp2Proxy } from '../../walkthrough/http2-proxy.ts'
import type { TabPage } from './page.ts'

declare global {
  interface Window {
    session: TabPage['session']
  }
}

/** More than enough for a page to be loaded and live on a busy machine, and too little for a blocked one. */
const soon = { timeout: 20_000 }

describe.skipIf(skipBrowserTests())('the tabs of one browser', { timeout: 60_000 }, () => {
  let browser: Browser
  let script: string
  let store: Store
  let serving: Serving
  let context: BrowserContext
  let sessionId: string

  beforeAll(async () => {
    script = await buildPage(path.join(import.meta.dirname, 'page.ts'))
    browser = await launchBrowser(['--ignore-certificate-errors'])
    store = await createStore({ storage: memory() })
    const chat = createChatServer({
      store,
      agent: async function* () {},
      principal: () => ({ id: 'me' }),
    })
    serving = await serve(chat, {
      fallback(request, response) {
        const isScript = request.url === '/page.js'
        response.setHeader('content-type', isScript ? 'text/javascript' : 'text/html')
        response.end(isScript ? script : '<script src="/page.js"></script>')
      },
    })
  })
  afterAll(async () => {
    await browser?.close()
    await serving?.close()
    await store?.close()
  })
  beforeEach(async () => {
    context = await browser.newContext()
    ;({ id: sessionId } = await store.sessions.create({ owner: 'me' }))
  })
  afterEach(() => context.close())

  /** Opens this many tabs, one after the other; each is loaded. */
  async function open(count: number, link: 'auto' | 'sse', url = serving.url): Promise<Page[]> {
    const tabs: Page[] = []
    for (let index = 0; index < count; index++) {
      const tab = await context.newPage()
      await tab.goto(`${url}/?session=${sessionId}&link=${link}`)
      await tab.waitForFunction(() => 'session' in window)
      tabs.push(tab)
    }
    return tabs
  }
  const connections = (tabs: readonly Page[]): Promise<Connection[]> =>
    Promise.all(tabs.map((tab) => tab.evaluate(() => window.session.getSnapshot().connection)))
  const statuses = async (tabs: readonly Page[]) =>
    (await connections(tabs)).map(({ status }) => status)
  /** Sends a prompt as a tab; rejects if it is not answered soon. */
  const send = (tab: Page, text: string) =>
    tab.evaluate(
      (prompt) =>
        Promise.race([
          window.session.send(prompt),
          new Promise((_, reject) => setTimeout(() => reject(new Error('no answer')), 10_000)),
        ]),
      text,
    )
  const prompts = (tab: Page) =>
    tab.evaluate(() =>
      window.session
        .getSnapshot()
        .messages.filter(({ role }) => role === 'user')
        .map(({ parts: [part] }) => (part?.type === 'text' ? part.text : '')),
    )

  test('are live by twelve over HTTP/1.1 with `auto`, and a prompt of one is seen in all', async () => {
    const tabs = await open(12, 'auto')
    await expect.poll(() => statuses(tabs), soon).toEqual(tabs.map(() => 'live'))
    await send(tabs[0]!, 'Hi from one')
    for (const tab of tabs) await expect.poll(() => prompts(tab), soon).toEqual(['Hi from one'])
  })

  test('have any number of streams over HTTP/2', async () => {
    const proxy = await startHttp2Proxy(serving.url)
    onTestFinished(proxy.close)
    const tabs = await open(6, 'sse', proxy.url.replace(/\/$/, ''))
    await expect.poll(() => statuses(tabs), soon).toEqual(tabs.map(() => 'live'))
    await send(tabs[0]!, 'Hi from one')
    for (const tab of tabs) await expect.poll(() => prompts(tab), soon).toEqual(['Hi from one'])
  })

  test('have four streams over HTTP/1.1 with `sse`: others load, send, say why they wait, and take a place that becomes free', async () => {
    const tabs = await open(6, 'sse')
    await expect
      .poll(() => statuses(tabs), soon)
      .toEqual(['live', 'live', 'live', 'live', 'waiting', 'waiting'])
    for (const { error, retryAt } of (await connections(tabs)).slice(4)) {
      expect(error).toMatchObject({
        code: 'LIMIT_EXCEEDED',
        data: { limit: 4, reason: 'too-many-tabs' },
      })
      expect(retryAt).toBeUndefined()
    }
    for (const [index, tab] of tabs.entries()) await send(tab, `Hi from ${index}`)
    const all = tabs.map((_, index) => `Hi from ${index}`)
    for (const tab of tabs.slice(0, 4)) await expect.poll(() => prompts(tab), soon).toEqual(all)
    const [closed, ...open_] = tabs
    await closed!.close()
    await expect
      .poll(() => statuses(open_).then((each) => each.toSorted()), soon)
      .toEqual(['live', 'live', 'live', 'live', 'waiting'])
    const crashed = open_.shift()!
    // As when the browser kills a tab: it cannot give up anything by itself.
    await crashed.goto('chrome://crash').catch(() => {})
    await expect.poll(() => statuses(open_), soon).toEqual(open_.map(() => 'live'))
    for (const tab of open_) await expect.poll(() => prompts(tab), soon).toEqual(all)
  })
})
