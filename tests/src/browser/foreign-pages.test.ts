import { createServer, type Server } from 'node:http'

import { createChatServer } from '@caughtup/server'
import { serve, type Serving } from '@caughtup/server/node'
import { createStore, type Store } from '@caughtup/store'
import { memory } from '@caughtup/store/memory'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import { launchBrowser, skipBrowserTests } from './browser.ts'

/** The requests that a page can send without a preflight, and a client's call. */
const attempts = {
  'a HEAD': { method: 'HEAD', mode: 'no-cors' },
  'a GET': { method: 'GET', mode: 'no-cors' },
  'a POST of text': { method: 'POST', mode: 'no-cors', body: '{}' },
  'an empty POST': { method: 'POST', mode: 'no-cors' },
  'a call': { method: 'POST', body: '{}', headers: { 'content-type': 'application/json' } },
} as const satisfies Record<string, RequestInit>

describe.skipIf(skipBrowserTests())('a page in a real browser', () => {
  let browser: Browser
  let store: Store
  let serving: Serving
  let pages: Server
  /** Ports of the chat server, and of a server that only has pages. */
  let chatPort: number
  let pagesPort: number

  beforeAll(async () => {
    browser = await launchBrowser(['--host-resolver-rules=MAP *.example 127.0.0.1'])
    pages = createServer((_, response) => {
      response.setHeader('content-type', 'text/html').end('<h1>A page</h1>')
    })
    await new Promise<void>((resolve) => pages.listen(0, '127.0.0.1', resolve))
    const address = pages.address()
    pagesPort = typeof address === 'object' && address ? address.port : 0
    store = await createStore({ storage: memory() })
    // Without credentials, every accepted request acts as the one user of this machine.
    const chat = createChatServer({
      store,
      agent: async function* () {},
      principal: () => ({ id: 'me' }),
      origins: [`http://friend.example:${pagesPort}`],
    })
    serving = await serve(chat, { fallback: (_, response) => void response.end('The chat') })
    chatPort = serving.port
  })
  afterAll(async () => {
    await browser?.close()
    await serving?.close()
    await store?.close()
    pages?.close()
  })

  /** The attempts of the page at `url` that succeed: those that create a session, and the WebSocket. */
  async function doneBy(url: string): Promise<string[]> {
    const page = await browser.newPage()
    await page.goto(url)
    const target = url.includes(`:${chatPort}`) ? new URL(url).origin : serving.url
    const done: string[] = []
    const sessions = async () => (await store.sessions.list('me')).sessions.length
    for (const [name, init] of Object.entries(attempts)) {
      const before = await sessions()
      await page.evaluate(
        ([to, how]) =>
          fetch(to, how).then(
            () => {},
            () => {},
          ),
        [`${target}/rpc/sessions/create`, init] as const,
      )
      if ((await sessions()) > before) done.push(name)
    }
    const opened = await page.evaluate(
      (to) =>
        new Promise<boolean>((resolve) => {
          const socket = new WebSocket(to)
          socket.addEventListener('open', () => resolve(true))
          socket.addEventListener('error', () => resolve(false))
        }),
      `${target.replace('http', 'ws')}/rpc/ws`,
    )
    if (opened) done.push('a WebSocket')
    await page.close()
    return done
  }

  test('of another origin achieves nothing', async () => {
    expect(await doneBy(`http://evil.example:${pagesPort}`)).toEqual([])
    // Another port is the same site, but another origin.
    expect(await doneBy(`http://127.0.0.1:${pagesPort}`)).toEqual([])
  })

  test('whose own domain points at the server achieves nothing', async () => {
    expect(await doneBy(`http://evil.example:${chatPort}`)).toEqual([])
  })

  test('of the server itself, or of an allowed origin, can call and connect', async () => {
    const calls = ['a call', 'a WebSocket']
    expect(await doneBy(`http://127.0.0.1:${chatPort}`)).toEqual(calls)
    expect(await doneBy(`http://localhost:${chatPort}`)).toEqual(calls)
    expect(await doneBy(`http://friend.example:${pagesPort}`)).toEqual(calls)
  })
})
