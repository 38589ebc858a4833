import path from 'node:path'

import axe from 'axe-core'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import { launchBrowser, skipBrowserTests } from '../browser.ts'
import { buildPage, type PageSources } from '../build-page.ts'
import { openChatPage } from '../react/chat-page.ts'
import { ListReader } from './list-reader.ts'

declare global {
  interface Window {
    axe: typeof axe
  }
}

/** Messages of one to thirteen lines. */
const long = Array.from({ length: 500 }, (_, n) =>
  Array.from({ length: 1 + ((n * 7) % 13) }, (__, line) => `Message ${n}, line ${line}`).join('\n'),
)

/** The promises of the unstyled message list, with a real server, for the React of `sources`. */
export function describeMessageList(version: string, sources: PageSources = {}): void {
  describe.skipIf(skipBrowserTests())(`the message list with React ${version}`, () => {
    let browser: Browser
    let script: string
    beforeAll(async () => {
      script = await buildPage(path.join(import.meta.dirname, 'page.tsx'), sources)
      browser = await launchBrowser()
    })
    afterAll(() => browser?.close())

    async function open(old: readonly string[]) {
      const chat = await openChatPage(browser, script, { old })
      const reader = new ListReader(chat.page)
      if (old.length > 0)
        await chat.page
          .getByText(`Message ${old.length - 1},`)
          .first()
          .waitFor()
      return {
        chat,
        reader,
        page: chat.page,
        [Symbol.asyncDispose]: () => chat[Symbol.asyncDispose](),
      }
    }

    test('keeps the reader’s place over older pages and rows that were never measured, with few rows in the page', async () => {
      await using opened = await open(long)
      const { reader } = opened
      const length = await reader.held()
      // A leap to where nothing is measured, as of a scroll bar.
      await reader.list.evaluate((list) => list.scrollTo({ top: 6_000 }))
      const step = 500
      while ((await reader.held()) < length + 100) {
        await reader.look()
        const before = await reader.whereItIs()
        await reader.wheel(-step)
        await expect.poll(async () => (await reader.whereItIs()) - before).toBe(step)
        expect((await reader.rows()).length).toBeLessThan(60)
      }
    })

    test('shows what is at the top after a leap there from the end', async () => {
      await using opened = await open(long.slice(0, 90))
      const { reader, page } = opened
      await expect.poll(() => reader.left()).toBe(0)
      await reader.list.evaluate((list) => list.scrollTo({ top: 0 }))
      await page.getByText('Message 0, line 0').waitFor()
      await page.getByRole('button', { name: 'Jump to latest' }).waitFor()
    })

    test('keeps the reader’s place when rows above it grow, in the page and outside of it', async () => {
      await using opened = await open(long.slice(0, 90))
      const { reader, page } = opened
      // All of them are measured on the way to the top; then down again.
      for (let top = 9; top >= 0; top--) {
        await reader.list.evaluate(
          (list, at) => list.scrollTo({ top: (list.scrollHeight * at) / 10 }),
          top,
        )
        await reader.look()
      }
      await reader.list.evaluate((list) => list.scrollTo({ top: list.scrollHeight / 2 }))
      await reader.look()
      const before = await reader.whereItIs()
      const [first] = await reader.rows()
      expect(first).not.toBe('old-0')
      for (const id of [first!, 'old-0']) {
        await page.evaluate(
          ([messageId, text]) => window.listPage.session.history.edit(messageId, text),
          [id, 'It grows.\n'.repeat(30)] as const,
        )
      }
      await page.waitForFunction(() =>
        JSON.stringify(window.listPage.session.getSnapshot().messages[0]?.parts).includes(
          'It grows.',
        ),
      )
      await expect.poll(() => page.getByText('It grows.').count()).toBe(1)
      expect(await reader.whereItIs()).toBe(before)
      await reader.list.evaluate((list) => list.scrollTo({ top: 0 }))
      await expect.poll(() => page.getByText('It grows.').count()).toBe(1)
    })

    test('stays where the reader is while an answer streams, and at the end if they are there', async () => {
      await using opened = await open(long.slice(0, 90))
      const { reader, chat, page } = opened
      await expect.poll(() => reader.left()).toBe(0)
      const run = await chat.ask()
      const lines = Array.from({ length: 20 }, (_, n) => `Line ${n} of the answer\n`)
      await chat.stream(run, lines)
      await page.getByText('Line 19 of the answer').waitFor()
      await expect.poll(() => reader.left()).toBe(0)
      await reader.wheel(-700)
      await page.getByRole('button', { name: 'Jump to latest' }).waitFor()
      await reader.look()
      const before = await reader.whereItIs()
      const height = () => reader.list.evaluate((list) => list.scrollHeight)
      const short = await height()
      await chat.stream(run, lines)
      run.finish()
      await expect.poll(height).toBeGreaterThan(short + 100)
      expect(await reader.whereItIs()).toBe(before)
      // All of it is shown: what still grows may do so between the reader's arrival and the page's look at it.
      const shown = () => page.getByRole('article').last().textContent()
      await expect.poll(async () => (await shown())?.split('Line 19').length).toBe(3)
      // Down again it follows, also what comes next.
      await reader.wheel(5_000)
      await page.getByRole('button', { name: 'Jump to latest' }).waitFor({ state: 'detached' })
      const next = await chat.ask()
      await chat.stream(next, lines)
      next.finish()
      await page.getByRole('article').last().getByText('Line 19 of the answer').waitFor()
      await expect.poll(() => reader.left()).toBe(0)
    })

    test('draws the row of the answer while it streams, and no other', async () => {
      await using opened = await open(long.slice(0, 90))
      const { reader, chat, page } = opened
      const run = await chat.ask()
      await chat.stream(run, ['First '])
      await page.getByText('First').waitFor()
      const rows = await reader.rows()
      const answer = rows.at(-1)!
      const commits = () => page.evaluate(() => ({ ...window.listPage.commits }))
      const before = await commits()
      await chat.stream(
        run,
        Array.from({ length: 40 }, (_, n) => `piece ${n} `),
      )
      run.finish()
      await page.getByText('piece 39').waitFor()
      const after = await commits()
      expect(rows.length).toBeGreaterThan(5)
      const drawn = rows.filter((id) => after[id] !== before[id])
      expect(drawn).toEqual([answer])
      expect(after[answer]! - before[answer]!).toBeGreaterThan(10)
    })

    test('a text flows to its exact end, and keeps what the reader selected in it', async () => {
      await using opened = await open(long.slice(0, 9))
      const { chat, page } = opened
      const run = await chat.ask()
      await chat.stream(run, ['First '])
      const text = page.getByRole('article').last().locator('p')
      await expect.poll(() => text.textContent()).toBe('First ')
      expect(await text.getAttribute('aria-busy')).toBe('true')
      const lengths = await text.evaluateHandle((element) => {
        const { firstChild: node } = element
        getSelection()!.setBaseAndExtent(node!, 1, node!, 4)
        const seen: number[] = []
        new MutationObserver(() => seen.push(element.textContent.length)).observe(element, {
          characterData: true,
          subtree: true,
        })
        return seen
      })
      const burst = 'All of this comes at once. '.repeat(20)
      await chat.stream(run, [burst, 'The end.'])
      run.finish()
      await expect.poll(() => text.textContent()).toBe(`First ${burst}The end.`)
      expect((await lengths.jsonValue()).length).toBeGreaterThan(3)
      await expect.poll(() => text.getAttribute('aria-busy')).toBe(null)
      expect(await page.evaluate(() => getSelection()!.toString())).toBe('irs')
      // Of an older epoch, which the session's view no longer holds, it is shown all the same.
      await page.evaluate(() => window.listPage.session.history.reset())
      await page.waitForFunction(() => window.listPage.session.getSnapshot().epoch === 1)
      expect(await text.textContent()).toBe(`First ${burst}The end.`)
      await page.getByText('Context cleared').waitFor()
    })

    test('jumps to a message, reads on from it to the present, and goes back to the newest', async () => {
      await using opened = await open(long)
      const { reader, page } = opened
      await reader.showAround('old-37')
      const found = page.locator('[data-found]')
      await found.getByText('Message 37, line 0').waitFor()
      const top = () => reader.list.evaluate((list) => list.getBoundingClientRect().top)
      const at = async () => (await found.boundingBox())!.y
      await expect.poll(async () => Math.round((await at()) - (await top()))).toBe(0)
      // What is above it turns out to have other heights than estimated, and it stays.
      await reader.look()
      expect(Math.round((await at()) - (await top()))).toBe(0)
      const last = async () => Number((await reader.rows()).at(-1)?.replace('old-', ''))
      await expect
        .poll(async () => {
          await reader.wheel(3_000)
          return await last()
        })
        .toBeGreaterThan(150)
      await page.getByRole('button', { name: 'Jump to latest' }).click()
      await page.getByText('Message 499,').first().waitFor()
      await page.getByRole('button', { name: 'Jump to latest' }).waitFor({ state: 'detached' })
      await expect.poll(() => reader.left()).toBe(0)
    })

    test('says that a message to jump to is gone', async () => {
      await using opened = await open(long.slice(0, 9))
      await opened.reader.showAround('nowhere')
      await opened.page.getByRole('alert').getByText('This is no longer there.').waitFor()
      await opened.page.getByRole('button', { name: 'Jump to latest' }).click()
      await opened.page.getByText('Message 8,').first().waitFor()
    })

    test('a prompt of the reader brings them to the end, from wherever they were', async () => {
      await using opened = await open(long)
      const { reader, chat, page } = opened
      await reader.wheel(-5_000)
      await page.getByRole('button', { name: 'Jump to latest' }).waitFor()
      const run = await chat.ask()
      await expect.poll(() => reader.left()).toBe(0)
      run.finish()
      await page.waitForFunction(() => !window.listPage.session.getSnapshot().run)
      await reader.showAround('old-37')
      await page.locator('[data-found]').waitFor()
      const next = await chat.ask()
      await page.getByRole('article').getByText('Hi').last().waitFor()
      await expect.poll(() => reader.left()).toBe(0)
      next.finish()
    })

    test('a prompt on its way stands after the messages, and its row stays when it is one', async () => {
      await using opened = await open(long.slice(0, 9))
      const { chat, page } = opened
      let letGo = () => {}
      const held = new Promise<void>((resolve) => (letGo = resolve))
      await page.route('**/messages/send', async (route) => {
        await held
        await route.continue()
      })
      const asking = chat.ask()
      const last = page.locator('[data-key]').last()
      await last.locator('article[data-pending]').getByText('Hi').waitFor()
      await last.evaluate((row) => row.setAttribute('data-marked', ''))
      letGo()
      const run = await asking
      const marked = page.locator('[data-marked]')
      await marked.locator('article:not([data-pending])').getByText('Hi').waitFor()
      await expect.poll(() => page.locator('[data-pending]').count()).toBe(0)
      run.finish()
    })

    test('the keyboard loads older messages up to the beginning, and keeps the focus', async () => {
      await using opened = await open(long.slice(0, 250))
      const { reader, page } = opened
      const focused = () => page.evaluate(() => document.activeElement?.textContent)
      const transcript = () =>
        page.evaluate(() => document.activeElement?.getAttribute('aria-label') === 'Transcript')
      await page.getByRole('button', { name: 'Load older messages' }).focus()
      await page.keyboard.press('Enter')
      await expect.poll(() => reader.held()).toBeGreaterThan(100)
      expect(await focused()).toMatch(/Load/)
      await expect
        .poll(async () => {
          if (await transcript()) return true
          await page.keyboard.press('Enter')
          return false
        })
        .toBe(true)
      expect(await reader.held()).toBe(250)
      await page.keyboard.press('Home')
      await page.getByText('This is the beginning of the chat.').waitFor()
      // What has the focus is scrolled away: the keyboard scrolls on.
      await page.getByRole('button', { name: 'Copy' }).first().focus()
      await reader.wheel(20_000)
      await expect.poll(transcript).toBe(true)
      await page.keyboard.press('End')
      await expect.poll(() => reader.left()).toBe(0)
    })

    test('End leads to the end as an answer streams, also while the page still scrolls to its beginning', async () => {
      await using opened = await open(long.slice(0, 90))
      const { reader, chat, page } = opened
      const run = await chat.ask()
      await reader.list.focus()
      for (let n = 0; n < 8; n++) {
        await page.keyboard.press('Home')
        await page.getByRole('button', { name: 'Jump to latest' }).waitFor()
        await page.keyboard.press('End')
        await chat.stream(run, Array(12).fill('It grows.\n'))
        await expect.poll(() => reader.left()).toBe(0)
      }
      run.finish()
    })

    test('an error of older messages moves nothing, and can be tried again', async () => {
      await using opened = await open(long.slice(0, 250))
      const { reader, page } = opened
      await page.route('**/history/loadMore', (route) => route.abort())
      await reader.list.evaluate((list) => list.scrollTo({ top: 30 }))
      await reader.look()
      const before = await reader.whereItIs()
      await reader.wheel(-10)
      await page.getByRole('alert').waitFor()
      await expect.poll(async () => (await reader.whereItIs()) - before).toBe(10)
      await page.unroute('**/history/loadMore')
      const length = await reader.held()
      await page.getByRole('button', { name: 'Try again' }).click()
      await expect.poll(() => reader.held()).toBeGreaterThan(length)
      await page.getByRole('alert').waitFor({ state: 'detached' })
    })

    test('marks the session as read at the end, and not before', async () => {
      await using opened = await open(long.slice(0, 90))
      const { reader, chat, page } = opened
      const unread = () => page.evaluate(() => window.listPage.unread())
      const run = await chat.ask()
      await chat.stream(run, ['An answer'])
      await page.getByText('An answer').waitFor()
      await reader.wheel(-700)
      await page.getByRole('button', { name: 'Jump to latest' }).waitFor()
      const marks: string[] = []
      page.on('request', (request) => {
        if (request.url().endsWith('/markRead')) marks.push(request.url())
      })
      run.finish()
      // The list knows it, and the message is complete.
      await page.locator('[data-unread="1"]').waitFor()
      await page.waitForFunction(() => !window.listPage.session.getSnapshot().run)
      await reader.look()
      expect(marks).toEqual([])
      expect(await unread()).toBe(1)
      await page.getByRole('button', { name: 'Jump to latest' }).click()
      await expect.poll(unread).toBe(0)
      expect(marks).toHaveLength(1)
    })

    test('axe finds nothing in it: empty, with messages, streaming, and around one', async () => {
      const clean = async (page: Page, screen: string) => {
        await page.evaluate(axe.source)
        const { violations } = await page.evaluate(() => window.axe.run('#root'))
        const problems = violations.map(({ id, nodes }) => [id, nodes.map(({ target }) => target)])
        expect({ screen, problems }).toEqual({ screen, problems: [] })
      }
      await using opened = await open([])
      await opened.page.waitForFunction(
        () => window.listPage.session.getSnapshot().connection.status === 'live',
      )
      await clean(opened.page, 'empty')
      await using filled = await open(long)
      await clean(filled.page, 'filled')
      const run = await filled.chat.ask()
      await filled.chat.stream(run, ['An answer'])
      await clean(filled.page, 'streaming')
      await filled.reader.showAround('old-37')
      await filled.page.locator('[data-found]').waitFor()
      await clean(filled.page, 'around')
      run.finish()
    })
  })
}
