import type { Page } from 'playwright-core'
import { describe, expect, onTestFinished, test } from 'vitest'

import { skipBrowserTests } from '../browser/browser.ts'
import { countedTo, DemoPage } from './demo-page.ts'
import { withDemo } from './with-demo.ts'

/** Lets no call and no WebSocket of a page through until the returned function is called. */
async function withoutServer(page: Page): Promise<() => Promise<void>> {
  let down = true
  await page.route('**/rpc/**', (route) => (down ? route.abort() : route.continue()))
  await page.routeWebSocket('**/rpc/**', (socket) => {
    if (down) void socket.close()
    else socket.connectToServer()
  })
  return async () => {
    down = false
    await page.unroute('**/rpc/**')
  }
}

/** What the page's database has of sessions, as JSON. */
function cachedSessions(page: Page): Promise<string> {
  return page.evaluate(async () => {
    const opening = indexedDB.open('caughtup-cache:local')
    const database = await new Promise<IDBDatabase>((resolve, reject) => {
      opening.onsuccess = () => resolve(opening.result)
      opening.onerror = () => reject(new Error(String(opening.error)))
    })
    const reading = database.transaction('sessions').objectStore('sessions').getAll()
    const sessions = await new Promise<unknown>((resolve, reject) => {
      reading.onsuccess = () => resolve(reading.result)
      reading.onerror = () => reject(new Error(String(reading.error)))
    })
    database.close()
    return JSON.stringify(sessions)
  })
}

describe.skipIf(skipBrowserTests())('a page without its server', () => {
  const demo = withDemo()

  test.each(['sse', 'websocket'])(
    'over %s, shows what it had after a reload, keeps prompts, and sends them once in order',
    async (transport) => {
      const tab = await DemoPage.openNew(demo.browser, `${demo.url}?transport=${transport}`)
      onTestFinished(() => tab.close())
      await tab.send('/count 5')
      await tab.idle()
      // The cache is written when nothing has come for a while.
      await expect.poll(() => cachedSessions(tab.page)).toContain(countedTo(5))

      const back = await withoutServer(tab.page)
      await tab.page.reload()
      await tab.page.waitForFunction(() => window.caughtup)
      await tab.page.getByText('1 2 3 4 5').waitFor()
      await tab.send('/count 6')
      await tab.send('/count 8')
      const waiting = tab.page.locator('[data-pending=queued]')
      const prompt = (hasText: string) => waiting.filter({ hasText })
      await expect.poll(() => waiting.count()).toBe(2)
      await prompt('/count 8').getByRole('button', { name: 'Edit' }).click()
      await tab.page.getByLabel('Queued prompt').fill('/count 7')
      await tab.page.getByLabel('Queued prompt').press('Enter')
      await waiting.getByText('/count 7').waitFor()
      await tab.send('/count 9')
      await prompt('/count 9').getByRole('button', { name: 'Discard' }).click()
      await expect.poll(() => waiting.count()).toBe(2)

      await tab.page.reload()
      await tab.page.waitForFunction(() => window.caughtup)
      await expect.poll(() => waiting.count()).toBe(2)
      await back()
      await tab.until(({ messages, run, queue, pending }) => {
        return messages.length === 6 && !run && queue.length === 0 && pending.length === 0
      })
      const { messages } = await tab.snapshot()
      const texts = messages.map(({ parts }) =>
        parts.map((part) => (part.type === 'text' ? part.text : '')).join(''),
      )
      expect(texts).toEqual([
        '/count 5',
        countedTo(5),
        '/count 6',
        countedTo(6),
        '/count 7',
        countedTo(7),
      ])
    },
  )
})
