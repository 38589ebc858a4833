import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import { launchBrowser, skipBrowserTests } from '../browser.ts'
import { buildPage, type PageSources } from './build-page.ts'
import { openChatPage } from './chat-page.ts'
import type { ReactPage } from './page/page.tsx'

declare global {
  interface Window {
    reactPage: ReactPage
  }
}

/** The promises of the hooks, in a real browser with a real server, for the React of `sources`. */
export function describeHooks(version: string, sources: PageSources = {}): void {
  describe.skipIf(skipBrowserTests())(`with React ${version}`, () => {
    let browser: Browser
    let script: string
    beforeAll(async () => {
      script = await buildPage(sources)
      browser = await launchBrowser()
    })
    afterAll(() => browser?.close())
    const open = (old?: number) => openChatPage(browser, script, old)

    test('the page has this version', async () => {
      await using chat = await open()
      expect(await chat.page.evaluate(() => window.reactPage.version)).toMatch(`${version}.`)
    })

    test('a delta draws the row of its message and nothing else, in strict mode too', async () => {
      const pieces = Array.from({ length: 60 }, (_, piece) => `piece ${piece} `)
      await using chat = await open(50)
      const { page } = chat
      await page.evaluate(() => window.reactPage.show('rows'))
      await page.waitForSelector('[data-id=old-49]')
      const run = await chat.ask()
      await chat.stream(run, ['First '])
      await page.waitForFunction(() => document.querySelector('#root p:last-child')?.textContent)
      const before = await page.evaluate(() =>
        structuredClone({ ...window.reactPage.counts, goOn: 0 }),
      )
      await chat.stream(run, pieces)
      run.finish()
      await page.waitForSelector('#root p:last-child[data-status=done]')
      const after = await page.evaluate(() =>
        structuredClone({ ...window.reactPage.counts, goOn: 0 }),
      )
      expect(await page.textContent('#root p:last-child')).toBe(`First ${pieces.join('')}`)
      const [answer = ''] = Object.keys(after.rows).slice(-1)
      const commits = Object.keys(after.rows).map((id) => [
        id,
        after.rows[id]! - (before.rows[id] ?? 0),
      ])
      expect(Object.keys(after.rows)).toHaveLength(52)
      expect(commits.filter(([id, count]) => id !== answer && count !== 0)).toEqual([])
      expect(after.rows[answer]! - before.rows[answer]!).toBeGreaterThan(10)
      expect(after).toMatchObject({ list: before.list, selections: before.selections, streams: 1 })
      await page.evaluate(() => window.reactPage.leave())
      const status = () =>
        page.evaluate(() => window.reactPage.session.getSnapshot().connection.status)
      await expect.poll(status).toBe('idle')
    })

    test('a component that suspends opens no stream before it is mounted, and then one', async () => {
      await using chat = await open(3)
      const { page } = chat
      await page.evaluate(() => window.reactPage.show('suspending'))
      await page.waitForSelector('text=Loading')
      await page.evaluate(() => new Promise((later) => setTimeout(later, 100)))
      expect(await page.evaluate(() => window.reactPage.counts.streams)).toBe(0)
      await page.evaluate(() => window.reactPage.goOn())
      await page.waitForSelector('text=live 3')
      expect(await page.evaluate(() => window.reactPage.counts.streams)).toBe(1)
    })

    // How often a transition is begun while an answer streams beside it.
    const begun = async (scene: 'transition' | 'transition beside an external store') => {
      await using chat = await open()
      const { page } = chat
      await page.evaluate((name) => window.reactPage.show(name, { strict: false }), scene)
      const run = await chat.ask()
      await chat.stream(run, ['First '])
      await page.waitForFunction(() =>
        document.querySelector('#whole')?.textContent?.includes('First'),
      )
      let settled = false
      const streaming = (async () => {
        while (!settled) await chat.stream(run, ['and more '])
      })()
      const { beginnings, meanwhile } = await page.evaluate(async () => {
        const { counts, goOn } = window.reactPage
        counts.meanwhile = 0
        goOn()
        while (!document.querySelector('#settled')) {
          await new Promise((drawn) => requestAnimationFrame(drawn))
        }
        return counts
      })
      settled = true
      await streaming
      run.finish()
      return { beginnings, meanwhile }
    }

    test('a transition goes on while an answer streams', async () => {
      const { beginnings } = await begun('transition')
      expect(beginnings).toBeLessThanOrEqual(2)
    })

    test('with useSyncExternalStore alone the transition would begin anew at each frame', async () => {
      const { beginnings } = await begun('transition beside an external store')
      expect(beginnings).toBeGreaterThan(5)
    })
  })
}
