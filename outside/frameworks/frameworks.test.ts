import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { pathToFileURL } from 'node:url'

import {
  captureSession,
  createChatClient,
  restoreSession,
  type SessionView,
  sse,
} from '@caughtup/web-client'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import { launchBrowser, skipBrowserTests } from '../../tests/src/browser/browser.ts'
import { buildModule, frameworks } from './build-frameworks.ts'
import { type ChatSite, type ChatSiteOptions, openChatSite } from './chat-site.ts'

interface ServerModule {
  head?: string
  render(session: SessionView): Promise<string>
}

const built = path.join(import.meta.dirname, '.built')

let browser: Awaited<ReturnType<typeof launchBrowser>> | undefined
beforeAll(async () => {
  if (!skipBrowserTests()) browser = await launchBrowser()
})
afterAll(async () => {
  await browser?.close()
  rmSync(built, { recursive: true, force: true })
})

describe.each(frameworks)('$name', (framework) => {
  let script: string
  const open = (options: Omit<ChatSiteOptions, 'script'>) =>
    openChatSite(browser!, { script, ...options })
  beforeAll(async () => {
    script = await buildModule(framework, 'draw', 'browser')
  })

  describe.skipIf(skipBrowserTests())('in a browser', () => {
    test('an answer whose connection is cut is caught up: exact, nothing twice, one row drawn', async () => {
      await using site = await open({ old: 20 })
      const { page } = site
      await page.evaluate(() => window.chatPage.draw())
      await expect.poll(() => rows(site)).toHaveLength(20)
      await page.fill('input', 'What is new?')
      await page.press('input', 'Enter')
      const run = await site.run()
      await stream(site, run, ['First '])
      await expect.poll(() => rows(site)).toEqual([...olds(20), 'What is new?', 'First '])

      const before = await page.evaluate(() => {
        window.chatPage.writes.clear()
        return window.chatPage.client.stats().notifications
      })
      const pieces = Array.from({ length: 40 }, (_, piece) => `piece ${piece} 😀 `)
      await stream(site, run, pieces.slice(0, 20))
      site.cutNext()
      await stream(site, run, pieces.slice(20))
      run.finish()
      await page.waitForSelector('p:last-of-type[data-status=done]')
      expect(await rows(site)).toEqual([...olds(20), 'What is new?', `First ${pieces.join('')}`])
      expect(site.faults).toEqual({ cut: 1 })
      expect(await page.evaluate(() => window.chatPage.modes)).toEqual(['full', 'since'])

      // The rows that do not change are left alone, and the answer is written once per notification at most.
      const { writes, notifications } = await page.evaluate(() => ({
        writes: [...document.querySelectorAll('p')].map((row) => window.chatPage.writes.get(row)),
        notifications: window.chatPage.client.stats().notifications,
      }))
      expect(writes.slice(0, -1)).toEqual(Array.from({ length: 21 }, () => undefined))
      expect(writes.at(-1)).toBeGreaterThan(10)
      expect(writes.at(-1)).toBeLessThanOrEqual(notifications - before)
      expect(site.reported.filter((line) => !line.includes('net::ERR'))).toEqual([])
    })

    test('another session is followed instead, and the one before is left', async () => {
      await using site = await open({ old: 3 })
      const { page, store } = site
      const { id: other } = await store.sessions.create({ owner: 'me' })
      await page.evaluate(() => window.chatPage.draw())
      await expect.poll(() => rows(site)).toEqual(olds(3))
      await page.evaluate((id) => window.chatPage.follow(id), other)
      await expect.poll(() => rows(site)).toEqual([])
      await expect.poll(() => status(site)).toBe('idle')
      await expect.poll(() => status(site, other)).toBe('live')
      const run = await site.askElsewhere(other)
      await stream(site, run, ['Of the other'])
      await expect.poll(() => rows(site)).toEqual(['Elsewhere', 'Of the other'])
      run.finish()
      await page.evaluate((id) => window.chatPage.follow(id), site.sessionId)
      await expect.poll(() => rows(site)).toEqual(olds(3))
      await expect.poll(() => status(site, other)).toBe('idle')
      await expect.poll(() => site.openStreams()).toBe(1)
    })

    test('a chat that is hidden or taken away leaves no stream, and shown again it is caught up', async () => {
      await using site = await open({ old: 2 })
      const { page, sessionId } = site
      await page.evaluate(() => window.chatPage.draw())
      await expect.poll(() => site.openStreams()).toBe(1)
      await page.evaluate(() => window.chatPage.follow(undefined))
      await expect.poll(() => status(site)).toBe('idle')
      await expect.poll(() => site.openStreams()).toBe(0)
      const run = await site.askElsewhere()
      await run.yields({ type: 'text-delta', text: 'Meanwhile.' })
      await page.evaluate((id) => window.chatPage.follow(id), sessionId)
      await expect.poll(() => rows(site)).toEqual([...olds(2), 'Elsewhere', 'Meanwhile.'])
      await page.evaluate(() => window.chatPage.leave())
      await expect.poll(() => status(site)).toBe('idle')
      await expect.poll(() => site.openStreams()).toBe(0)
      expect(await rows(site)).toEqual([])
      run.finish()
      expect(site.reported).toEqual([])
    })
  })

  if (framework.isOnServers) {
    describe('on a server', () => {
      let server: ServerModule
      beforeAll(async () => {
        const code = await buildModule(framework, 'render', 'server')
        mkdirSync(built, { recursive: true })
        const file = path.join(built, `${framework.name.replaceAll(' ', '-')}.mjs`)
        writeFileSync(file, code)
        server = await import(/* @vite-ignore */ pathToFileURL(file).href)
      })

      test('the snapshot is drawn and nobody subscribes', async () => {
        const view = createChatClient({ link: sse({ url: 'http://nobody.test/rpc' }) }).session('s')
        let subscribers = 0
        const session: SessionView = Object.create(view, {
          getSnapshot: {
            value: () => ({ ...view.getSnapshot(), messages: [message('Hi there')] }),
          },
          subscribe: { value: () => (subscribers++, () => {}) },
        })
        const html = await server.render(session)
        expect(html).toMatch(/data-connection="idle"/)
        expect(html).toContain('Hi there')
        expect(subscribers).toBe(0)
        expect(view.getSnapshot().connection.status).toBe('idle')
      })

      test.skipIf(skipBrowserTests())(
        'its page is taken over as it is, and goes on from there',
        async () => {
          let initial: unknown
          const render = async (url: string, sessionId: string) => {
            const client = createChatClient({ link: sse({ url }) })
            initial = JSON.parse(JSON.stringify(await captureSession(client.session(sessionId))))
            client.close()
            const session = createChatClient({ link: sse({ url }) }).session(sessionId)
            expect(restoreSession(session, initial)).toBe(true)
            const html = await server.render(session)
            expect(session.getSnapshot().connection.status).toBe('idle')
            return { head: server.head ?? '', html }
          }
          await using site = await open({ old: 10, render })
          const { page } = site
          expect(await rows(site)).toEqual(olds(10))
          const run = await site.askElsewhere()
          await run.yields({ type: 'text-delta', text: 'Mean' })
          const isRestored = await page.evaluate((snapshot) => {
            window.drawnBefore = [...document.querySelectorAll('main, form, input, p')]
            return window.chatPage.takeOver(snapshot)
          }, initial)
          expect(isRestored).toBe(true)
          await expect.poll(() => rows(site)).toEqual([...olds(10), 'Elsewhere', 'Mean'])
          const kept = await page.evaluate(() => window.drawnBefore.map((one) => one.isConnected))
          expect(kept).toEqual(Array.from({ length: 13 }, () => true))
          expect(await page.evaluate(() => window.chatPage.modes)).toEqual(['since'])
          await run.yields({ type: 'text-delta', text: 'while.' })
          run.finish()
          await expect.poll(() => rows(site)).toEqual([...olds(10), 'Elsewhere', 'Meanwhile.'])
          expect(site.reported).toEqual([])
        },
      )
    })
  }
})

function message(text: string) {
  return {
    id: 'm',
    order: 1,
    role: 'user',
    parts: [{ type: 'text', text }],
    metadata: { createdAt: 1 },
    revision: 1,
    epoch: 0,
    status: 'done',
  }
}

const olds = (count: number) => Array.from({ length: count }, (_, index) => `Old ${index}`)

const rows = ({ page }: ChatSite) => page.locator('p').allTextContents()

const status = ({ page, sessionId }: ChatSite, id = sessionId) =>
  page.evaluate((of) => window.chatPage.client.session(of).getSnapshot().connection.status, id)

/** Yields text, piece by piece, each at least a frame after the one before. */
async function stream(
  { page }: ChatSite,
  run: Awaited<ReturnType<ChatSite['run']>>,
  pieces: string[],
) {
  for (const text of pieces) {
    await run.yields({ type: 'text-delta', text })
    await page.evaluate(() => new Promise((drawn) => requestAnimationFrame(drawn)))
  }
}
