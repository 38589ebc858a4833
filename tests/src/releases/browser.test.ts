import path from 'node:path'

import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'

import { launchBrowser, skipBrowserTests } from '../browser/browser.ts'
import { buildPage } from '../browser/build-page.ts'
import { ChatSite } from '../browser/offline/chat-site.ts'
import { keptPage, shownOffline } from './host/kept-page.ts'
import { type KeptInBrowser, loadDatabases } from './recorded/indexed-db.ts'
import { lacking } from './recorded/lacking.ts'
import { readJson, releases } from './recorded/releases.ts'

describe.skipIf(skipBrowserTests())('what pages have left in a browser', () => {
  let browser: Browser
  let script: string

  beforeAll(async () => {
    script = await buildPage(keptPage)
    browser = await launchBrowser()
  })
  afterAll(() => browser?.close())

  test.each(releases())(
    'as of $version: the session is shown from the cache, and the prompts can be changed and are sent once and in order',
    async ({ folder }) => {
      const { sessionId, databases, shown } = readJson<KeptInBrowser>(
        path.join(folder, 'browser.json'),
      )
      const site = await ChatSite.start(script)
      onTestFinished(() => site.close())
      await site.store.sessions.create({ sessionId, owner: 'ann' })
      const context = await browser.newContext()
      onTestFinished(() => context.close())
      // Of another user, so that it has no database open.
      const other = await site.open(context, { user: 'bob', link: 'sse', session: sessionId })
      await other.evaluate(loadDatabases, databases)
      await other.close()

      await site.down()
      const page = await site.open(context, { user: 'ann', link: 'sse', session: sessionId })
      const { pending } = shown as { pending: { state: string }[] }
      expect(pending.map(({ state }) => state)).toContain('queued')
      expect(lacking(shown, await shownOffline(page, pending.length))).toEqual([])
      const changed = await page.evaluate(() =>
        Promise.all([
          window.offlinePage.session.updatePending('three', 'Three, edited'),
          window.offlinePage.session.dismissPending('refused'),
        ]),
      )
      expect(changed).toEqual([true, true])
      await site.up()
      await expect.poll(() => site.sent(sessionId)).toEqual(['One, edited', 'Two', 'Three, edited'])
    },
  )
})
