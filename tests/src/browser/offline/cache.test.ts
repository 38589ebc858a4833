import path from 'node:path'

import type { Browser, BrowserContext, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'

import { launchBrowser, skipBrowserTests } from '../browser.ts'
import { buildPage } from '../build-page.ts'
import { ChatSite } from './chat-site.ts'

describe.skipIf(skipBrowserTests())('sessions in the cache of a real browser', () => {
  let browser: Browser
  let script: string
  let site: ChatSite
  let context: BrowserContext

  beforeAll(async () => {
    script = await buildPage(path.join(import.meta.dirname, 'page.ts'))
    browser = await launchBrowser()
  })
  afterAll(() => browser?.close())
  beforeEach(async () => {
    site = await ChatSite.start(script)
    context = await browser.newContext()
  })
  afterEach(async () => {
    await context.close()
    await site.close()
  })

  const create = async () => {
    const { id } = await site.store.sessions.create({ owner: 'ann', members: ['bob'] })
    return id
  }
  const open = (session: string, user = 'ann') =>
    site.open(context, { user, link: 'webSocket', session })
  const shown = (page: Page) =>
    page.evaluate(() => {
      const { messages, stale, connection } = window.offlinePage.session.getSnapshot()
      return { messages: messages.length, stale, mode: connection.lastReplay?.mode }
    })
  const send = (page: Page, text: string) =>
    page.evaluate((given) => window.offlinePage.session.send(given), text)
  const live = (page: Page, messages: number) =>
    page.waitForFunction(
      (count) =>
        window.offlinePage.session.getSnapshot().connection.status === 'live' &&
        window.offlinePage.session.getSnapshot().messages.length === count &&
        window.offlinePage.session.getSnapshot().run === undefined,
      messages,
    )
  /** Leaves the session, and closes the page once it is written. */
  async function leave(page: Page, session: string) {
    await page.evaluate(() => window.offlinePage.leave())
    await expect
      .poll(() => page.evaluate(() => window.offlinePage.cached()))
      .toContain(`${session} 2`)
    await page.close()
  }
  /** A session with a prompt and its answer, which a page has shown and left. */
  async function seen() {
    const session = await create()
    const page = await open(session)
    await live(page, 0)
    await send(page, 'Hi')
    await live(page, 2)
    await leave(page, session)
    return session
  }

  test('while the server is down a new page shows them, stale, and then gets only what came since', async () => {
    const session = await seen()
    await site.down()
    const page = await open(session)
    await page.waitForFunction(() => window.offlinePage.prompts().length === 1)
    expect(await shown(page)).toEqual({ messages: 2, stale: true })
    await site.up()
    await live(page, 2)
    expect(await shown(page)).toEqual({ messages: 2, stale: false, mode: 'since' })
    await send(page, 'And?')
    await live(page, 4)
  })

  test('another user sees nothing of them, and neither does the same one after signing out', async () => {
    const session = await seen()
    await site.down()
    const bob = await open(session, 'bob')
    await bob.waitForFunction(
      () => window.offlinePage.session.getSnapshot().connection.attempts > 1,
    )
    expect(await shown(bob)).toEqual({ messages: 0, stale: true })
    const ann = await open(session)
    await ann.waitForFunction(() => window.offlinePage.prompts().length === 1)
    await ann.evaluate(() => window.offlinePage.forget())
    await ann.reload()
    await ann.waitForFunction(
      () => window.offlinePage.session.getSnapshot().connection.attempts > 1,
    )
    expect(await shown(ann)).toEqual({ messages: 0, stale: true })
  })

  test('there are only as many as the option says: those opened longest ago go', async () => {
    const [first, second] = [await seen(), await seen()]
    const again = await open(first)
    await live(again, 2)
    await leave(again, first)
    const third = await seen()
    const page = await open(third)
    await live(page, 2)
    const cached = await page.evaluate(() => window.offlinePage.cached())
    expect(cached.sort()).toEqual([`${first} 2`, `${third} 2`].sort())
    expect(cached).not.toContain(`${second} 2`)
  })
})
