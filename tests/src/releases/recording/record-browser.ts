import path from 'node:path'

import type { Page } from 'playwright-core'

import { launchBrowser } from '../../browser/browser.ts'
import { buildPage } from '../../browser/build-page.ts'
import { ChatSite } from '../../browser/offline/chat-site.ts'
import { keptPage, shownOffline } from '../host/kept-page.ts'
import { dumpDatabases, type KeptInBrowser } from '../recorded/indexed-db.ts'
import { writeJson } from '../recorded/releases.ts'
import { quickAgent } from './calls.ts'

const sessionId = 'kept'

/** What a page leaves in IndexedDB: a session in the cache, and prompts of every state. */
export async function recordBrowser(folder: string): Promise<void> {
  const site = await ChatSite.start(await buildPage(keptPage), quickAgent)
  const browser = await launchBrowser()
  try {
    await site.store.sessions.create({ sessionId, owner: 'ann', title: 'Kept' })
    const context = await browser.newContext()
    const page = await site.open(context, { user: 'ann', link: 'sse', session: sessionId })
    await shows(page, 0)
    await page.evaluate(() =>
      window.offlinePage.session.send({ text: 'Hello', messageId: 'hello', custom: { ref: 1 } }),
    )
    await shows(page, 2)
    // Refused for good.
    await page.evaluate(() =>
      window.offlinePage.session
        .send({ text: 'Refused', messageId: 'refused', model: 'x'.repeat(201) })
        .catch(() => 'seen in pending'),
    )
    await page.evaluate(() => window.offlinePage.leave())
    await page.waitForFunction(
      async (cached) => (await window.offlinePage.cached()).includes(cached),
      `${sessionId} 2`,
    )
    await site.down()
    await page.reload()
    await page.waitForFunction(() => 'offlinePage' in window)
    await page.evaluate(async () => {
      const { session } = window.offlinePage
      const file = {
        type: 'file',
        mediaType: 'text/plain',
        url: 'data:text/plain;base64,SGk=',
      } as const
      const parts = [{ type: 'text', text: 'Two' } as const, file]
      const prompts = [
        { text: 'One', messageId: 'one', model: 'large', thinkingLevel: 'low' },
        { parts, messageId: 'two', custom: { ref: 2 } },
        { text: 'Three', messageId: 'three', whenBusy: 'steer' } as const,
      ]
      for (const prompt of prompts) session.send(prompt).catch(() => 'seen in pending')
    })
    await page.waitForFunction(() => window.offlinePage.pending().every(({ kept }) => kept))
    await page.evaluate(() => window.offlinePage.session.updatePending('one', 'One, edited'))
    await page.reload()
    await page.waitForFunction(() => 'offlinePage' in window)
    const shown = await shownOffline(page, 4)
    const databases = await page.evaluate(dumpDatabases)
    const kept: KeptInBrowser = { sessionId, databases, shown }
    writeJson(path.join(folder, 'browser.json'), kept)
  } finally {
    await browser.close()
    await site.close()
  }
}

async function shows(page: Page, messages: number): Promise<void> {
  await page.waitForFunction((count) => {
    const { connection, messages: shown, run } = window.offlinePage.session.getSnapshot()
    return connection.status === 'live' && shown.length === count && run === undefined
  }, messages)
}
