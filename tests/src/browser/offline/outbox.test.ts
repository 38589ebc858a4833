import path from 'node:path'

import type { Browser, BrowserContext, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'

import { launchBrowser, skipBrowserTests } from '../browser.ts'
import { buildPage } from '../build-page.ts'
import { ChatSite } from './chat-site.ts'
import type { OfflinePage } from './page.ts'

declare global {
  interface Window {
    offlinePage: OfflinePage
  }
}

describe.skipIf(skipBrowserTests())('prompts in a real browser', () => {
  let browser: Browser
  let script: string
  let site: ChatSite
  let context: BrowserContext
  let session: string

  beforeAll(async () => {
    script = await buildPage(path.join(import.meta.dirname, 'page.ts'))
    browser = await launchBrowser()
  })
  afterAll(() => browser?.close())
  beforeEach(async () => {
    site = await ChatSite.start(script)
    context = await browser.newContext()
    const { id } = await site.store.sessions.create({ owner: 'ann', members: ['bob'] })
    session = id
  })
  afterEach(async () => {
    await context.close()
    await site.close()
  })

  const open = (link: 'sse' | 'webSocket', user = 'ann') =>
    site.open(context, { user, link, session })
  const live = (page: Page) =>
    page.waitForFunction(
      () => window.offlinePage.session.getSnapshot().connection.status === 'live',
    )
  const cut = (page: Page) =>
    page.waitForFunction(() => window.offlinePage.session.getSnapshot().connection.attempts > 1)
  /** Sends prompts whose ids are their texts, and does not wait for answers. */
  const send = (page: Page, ...texts: string[]) =>
    page.evaluate((all) => {
      for (const text of all) {
        window.offlinePage.session.send({ text, messageId: text }).catch(() => 'seen in pending')
      }
    }, texts)
  const pending = (page: Page) =>
    page.evaluate(() =>
      window.offlinePage
        .pending()
        .map(({ messageId, state, kept }) => ({ messageId, state, kept })),
    )
  /** Until the page shows so many prompts as pending, which are all kept. */
  const kept = (page: Page, count: number) =>
    page.waitForFunction(
      (most) =>
        window.offlinePage.pending().length === most &&
        window.offlinePage.pending().every((prompt) => prompt.kept),
      count,
    )
  const shows = (page: Page, ...texts: string[]) =>
    page.waitForFunction((all) => window.offlinePage.prompts().join() === all.join(), texts)

  test('the store in IndexedDB passes its cases', async () => {
    const page = await open('webSocket')
    expect(await page.evaluate(() => window.offlinePage.failingCases())).toEqual([])
  })

  test.each(['sse', 'webSocket'] as const)(
    'over %s, those written while the server is down outlive a reload, and are sent once and in order',
    async (link) => {
      const page = await open(link)
      await live(page)
      await send(page, 'before')
      await shows(page, 'before')
      await site.down()
      await cut(page)
      await send(page, 'one', 'two', 'three', 'four')
      await kept(page, 4)
      const changed = await page.evaluate(() =>
        Promise.all([
          window.offlinePage.session.updatePending('two', 'two, edited'),
          window.offlinePage.session.dismissPending('three'),
        ]),
      )
      expect(changed).toEqual([true, true])
      const waiting = ['one', 'two', 'four'].map((messageId) => ({
        messageId,
        state: 'queued',
        kept: true,
      }))
      expect(await pending(page)).toEqual(waiting)
      await page.reload()
      await kept(page, 3)
      expect(await pending(page)).toEqual(waiting)
      await site.up()
      await shows(page, 'before', 'one', 'two, edited', 'four')
      expect(await site.sent(session)).toEqual(['before', 'one', 'two, edited', 'four'])
      await page.waitForFunction(() => window.offlinePage.pending().length === 0)
    },
  )

  test('two tabs show each other’s, change them, and send each once, in the order of both', async () => {
    const [one, other] = [await open('webSocket'), await open('sse')]
    await Promise.all([live(one), live(other)])
    await site.down()
    await Promise.all([cut(one), cut(other)])
    for (const n of [1, 3, 5, 7]) {
      await send(one, `${n}`)
      await kept(other, n)
      await send(other, `${n + 1}`)
      await kept(one, n + 1)
    }
    const changed = await Promise.all([
      one.evaluate(() => window.offlinePage.session.updatePending('2', 'two')),
      other.evaluate(() => window.offlinePage.session.dismissPending('5')),
    ])
    expect(changed).toEqual([true, true])
    await kept(one, 7)
    // The answer comes to the tab that asked, whichever sent it.
    const answered = other.evaluate(async () => {
      const { messageId } = await window.offlinePage.session.send({ text: '9', messageId: '9' })
      return messageId
    })
    await kept(one, 8)
    await site.up()
    const all = ['1', 'two', '3', '4', '6', '7', '8', '9']
    await Promise.all([shows(one, ...all), shows(other, ...all)])
    expect(await answered).toBe('9')
    expect(await site.sent(session)).toEqual(all)
  })

  test('what a tab was sending when it was closed, another one sends', async () => {
    const [one, other] = [await open('webSocket'), await open('webSocket')]
    await Promise.all([live(one), live(other)])
    await site.down()
    await Promise.all([cut(one), cut(other)])
    await send(one, 'a', 'b', 'c')
    await kept(other, 3)
    await one.close({ runBeforeUnload: false })
    await site.up()
    await shows(other, 'a', 'b', 'c')
    expect(await site.sent(session)).toEqual(['a', 'b', 'c'])
  })

  test('another user neither sees nor sends them', async () => {
    const page = await open('sse')
    await live(page)
    await site.down()
    await cut(page)
    await send(page, 'Ann')
    await kept(page, 1)
    await page.close()
    await site.up()
    const bob = await open('sse', 'bob')
    await live(bob)
    await send(bob, 'Bob')
    await shows(bob, 'Bob')
    expect(await pending(bob)).toEqual([])
    await bob.close()
    const ann = await open('sse')
    await shows(ann, 'Bob', 'Ann')
    const { events } = await site.store.journal.list(session, { types: ['message-created'] })
    const authors = events.map((event) =>
      event.type === 'message-created' && event.message.role === 'user'
        ? event.message.metadata.author
        : undefined,
    )
    expect(authors.filter((author) => author !== undefined)).toEqual(['bob', 'ann'])
  })

  test('without a working store they are sent from memory, and say that they are not kept', async () => {
    await context.addInitScript(() => {
      IDBFactory.prototype.open = () => {
        throw new DOMException('no databases here', 'SecurityError')
      }
    })
    const page = await open('webSocket')
    await live(page)
    await site.down()
    await cut(page)
    await send(page, 'one', 'two')
    await page.waitForFunction(() => window.offlinePage.pending().length === 2)
    expect(await pending(page)).toMatchObject([{ kept: false }, { kept: false }])
    await site.up()
    await shows(page, 'one', 'two')
    expect(await site.sent(session)).toEqual(['one', 'two'])
  })

  test('when the database is deleted in mid-use they go on in memory', async () => {
    const page = await open('webSocket')
    await live(page)
    await site.down()
    await cut(page)
    await send(page, 'one')
    await kept(page, 1)
    await page.evaluate(
      () =>
        new Promise((resolve, reject) => {
          const request = indexedDB.deleteDatabase('caughtup-outbox:ann')
          request.addEventListener('success', resolve)
          request.addEventListener('error', reject)
        }),
    )
    await send(page, 'two')
    await page.waitForFunction(() => window.offlinePage.pending().every((prompt) => !prompt.kept))
    expect((await pending(page)).map(({ messageId }) => messageId)).toEqual(['one', 'two'])
    await site.up()
    await shows(page, 'one', 'two')
    expect(await site.sent(session)).toEqual(['one', 'two'])
  })
})
