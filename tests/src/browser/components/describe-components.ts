import path from 'node:path'

import type { AgentPart } from '@caughtup/schema'
import type { AgentContext } from '@caughtup/server'
import axe from 'axe-core'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'

import { launchBrowser, skipBrowserTests } from '../browser.ts'
import { buildPage, type PageSources } from '../build-page.ts'
import { ChatSite } from '../offline/chat-site.ts'
import type {} from './page.tsx'

/** Answers with the prompt; asks for a permission and the page's place if the prompt is about one. */
async function* agent({ messages }: AgentContext): AsyncGenerator<AgentPart> {
  const last = messages.at(-1)
  if (last?.role === 'assistant') return yield { type: 'text-delta', text: 'Thank you.' }
  const prompt = last?.parts.map((part) => (part.type === 'text' ? part.text : '')).join('') ?? ''
  if (prompt === 'place') {
    return yield { type: 'tool-call', toolCallId: 'place', toolName: 'place', input: {} }
  }
  if (prompt !== 'remove') return yield { type: 'text-delta', text: `You said ${prompt}.` }
  const toolCall = { toolCallId: 'remove', toolName: 'remove', input: { path: 'x' } }
  yield { type: 'tool-call', ...toolCall }
  yield { type: 'tool-approval-request', approvalId: 'a', toolCall }
}

/** The promises of the components about sessions, without styles, for the React of `sources`. */
export function describeComponents(version: string, sources: PageSources = {}): void {
  describe.skipIf(skipBrowserTests())(`components with React ${version}`, () => {
    let browser: Browser
    let script: string
    beforeAll(async () => {
      script = await buildPage(path.join(import.meta.dirname, 'page.tsx'), sources)
      browser = await launchBrowser()
    }, 60_000)
    afterAll(() => browser?.close())

    /** A site with the sessions of a user, and a page with the first of them. */
    async function start(titles: readonly string[] = ['First']) {
      const site = await ChatSite.start(script, agent)
      onTestFinished(() => site.close())
      const ids: string[] = []
      for (const title of titles) {
        const { id } = await site.store.sessions.create({ owner: 'ann', title })
        ids.push(id)
      }
      const open = async (session = ids[0] ?? '') => {
        const context = await browser.newContext()
        onTestFinished(() => context.close())
        return site.open(context, { user: 'ann', link: 'sse', session }, 'componentsPage')
      }
      return { site, ids, open }
    }
    const send = (page: Page, text: string) =>
      page.evaluate((prompt) => void window.componentsPage.session.send(prompt), text)
    /** What has the focus: its name or text, and its place in the list. */
    const focused = (page: Page) =>
      page.evaluate(() => {
        const element = document.activeElement!
        return element.getAttribute('aria-label') ?? element.textContent.trim()
      })
    const answered = (page: Page, text: string) =>
      page.locator('article').getByText(text, { exact: true }).waitFor()
    const said = (page: Page) => page.evaluate(() => window.componentsPage.said)
    const failures = (page: Page) => page.evaluate(() => window.componentsPage.failures)
    /** The titles in the order of the list: sessions of the same moment have any. */
    const listed = async (page: Page, count: number) => {
      await page.waitForFunction((all) => window.componentsPage.titles().length === all, count)
      return page.evaluate(() => window.componentsPage.titles())
    }
    const rows = (page: Page) => page.locator('[data-session-id]')
    const shownNames = (page: Page) => page.locator('[data-session-link]').allTextContents()

    test('of 400 sessions only those near the visible ones are in the page, and keys reach all', async () => {
      const { open } = await start(Array.from({ length: 400 }, (_, n) => `Chat ${n}`))
      const page = await open()
      const titles = await listed(page, 400)
      await rows(page).first().waitFor()
      const nav = page.getByRole('navigation')
      // As high as all of them, in a row's own height.
      const height = await rows(page)
        .first()
        .evaluate((row) => row.getBoundingClientRect().height)
      const total = () => nav.evaluate((element) => element.scrollHeight)
      await expect.poll(async () => Math.abs((await total()) - 400 * height)).toBeLessThan(60)
      expect(await rows(page).count()).toBeLessThan(60)

      // One stop for Tab, between the search and what comes after the list.
      await page.getByRole('searchbox').focus()
      await page.keyboard.press('Tab')
      expect(titles).toContain(await focused(page))
      await page.keyboard.press('End')
      await expect.poll(() => focused(page)).toBe(titles[399])
      await page.keyboard.press('ArrowUp')
      await expect.poll(() => focused(page)).toBe(titles[398])
      const box = await page.locator('[data-session-link]:focus').boundingBox()
      const frame = await nav.boundingBox()
      expect(box!.y).toBeGreaterThanOrEqual(frame!.y)
      expect(box!.y + box!.height).toBeLessThanOrEqual(frame!.y + frame!.height + 1)
      await page.keyboard.press('Home')
      await expect.poll(() => focused(page)).toBe(titles[0])
      for (let key = 0; key < 30; key++) await page.keyboard.press('ArrowDown')
      await expect.poll(() => focused(page)).toBe(titles[30])
      expect(await rows(page).count()).toBeLessThan(60)

      // Scrolled away, it keeps the focus, and the rows of the place are there.
      await nav.evaluate((element) => element.scrollTo({ top: element.scrollHeight / 2 }))
      await page.getByText(titles[200]!, { exact: true }).waitFor()
      expect(await focused(page)).toBe(titles[30])
      await page.keyboard.press('ArrowDown')
      await expect.poll(() => focused(page)).toBe(titles[31])
      const places = await rows(page).evaluateAll((all) =>
        all.map((row) => Number(row.ariaPosInSet)),
      )
      expect(places).toEqual(places.toSorted((a, b) => a - b))
      await page.keyboard.press('Tab')
      expect(titles).not.toContain(await focused(page))
      await page.keyboard.press('Shift+Tab')
      // The open session is far away; the stop is among the rows that are shown.
      expect(titles.indexOf(await focused(page))).toBeLessThan(60)
      expect(titles).toContain(await focused(page))
    })

    test('a search finds titles at once, and messages of any session', async () => {
      const { site, ids, open } = await start(['Apples', 'Pears', 'Plums'])
      await site.store.reconcile(ids[1]!, [
        { id: 'm', role: 'user', parts: [{ type: 'text', text: 'How are plums dried?' }] },
      ])
      const page = await open()
      await page.getByText('Apples').waitFor()
      const search = page.getByRole('searchbox')
      await search.fill('PLUM')
      await expect.poll(() => shownNames(page)).toEqual([expect.stringContaining('Plums')])
      const hit = page.getByRole('region', { name: 'Messages found' }).getByRole('link')
      await expect.poll(() => hit.textContent()).toBe('How are plums dried? Pears')
      await hit.click()
      expect(await page.evaluate(() => location.hash)).toBe(`#${ids[1]}/m`)
      // A fork has messages of the same ids.
      const errors: string[] = []
      page.on('console', (message) => {
        if (message.type() === 'error') errors.push(message.text())
      })
      await site.store.history.fork(ids[1]!, { from: 'm', owner: 'ann', title: 'Fork' })
      await search.fill('dried')
      await expect.poll(() => hit.count()).toBe(2)
      expect(errors).toEqual([])
      await search.fill('quince')
      await page.getByText('No chat has such a title.').waitFor()
      await page.getByText('No message has these words.').waitFor()
      await search.fill('')
      await expect.poll(() => rows(page).count()).toBe(4)
    })

    test('unread answers are counted, and read on another device they are not', async () => {
      const { ids, open } = await start(['First', 'Second'])
      const [page, elsewhere] = [await open(ids[0]), await open(ids[1])]
      const row = page.locator(`[data-session-id="${ids[1]}"]`)
      await row.waitFor()
      await send(elsewhere, 'Hi')
      await expect.poll(() => row.getAttribute('data-unread')).toBe('1')
      await expect.poll(() => row.textContent()).toBe('Second 1 unread')
      // On the other page it is on the screen.
      await answered(elsewhere, 'You said Hi.')
      const there = elsewhere.locator(`[data-session-id="${ids[1]}"]`)
      expect(await there.getAttribute('data-unread')).toBe('0')
      await elsewhere.evaluate(() => window.componentsPage.session.markRead())
      await expect.poll(() => row.getAttribute('data-unread')).toBe('0')
      await expect.poll(() => row.textContent()).toBe('Second ')
    })

    test('F2 and Delete are keys of a row, and the focus stays in the list', async () => {
      const { open } = await start(['One', 'Two', 'Three'])
      const page = await open()
      const [first, second, third] = await listed(page, 3)
      await rows(page).nth(2).waitFor()
      await page.getByRole('searchbox').focus()
      await page.keyboard.press('Tab')
      await page.keyboard.press('Home')
      await page.keyboard.press('ArrowDown')
      await expect.poll(() => focused(page)).toBe(second)
      await page.keyboard.press('F2')
      await expect.poll(() => focused(page)).toBe('Title')
      // The arrows are the field's own meanwhile.
      await page.keyboard.press('Home')
      await page.keyboard.type('Number ')
      await page.keyboard.press('Enter')
      await expect.poll(() => focused(page)).toBe(`Number ${second}`)
      await page.keyboard.press('Delete')
      await expect.poll(() => rows(page).count()).toBe(2)
      await expect.poll(() => focused(page)).toBe(third)
      await page.keyboard.press('Delete')
      await expect.poll(() => focused(page)).toBe(first)
    })

    test('a call is denied by keyboard, with a reason, and the focus stays at the card', async () => {
      const { open } = await start()
      const page = await open()
      await send(page, 'remove')
      const card = page.getByRole('group', { name: 'Approve remove?' })
      await card.waitFor()
      await expect.poll(() => card.getAttribute('data-busy')).toBeNull()
      await card.getByRole('button', { name: 'Deny' }).focus()
      await page.keyboard.press('Tab')
      expect(await focused(page)).toBe('Reason (optional)')
      await page.keyboard.type('too early')
      await page.keyboard.press('Enter')
      await answered(page, 'Thank you.')
      expect(await page.locator('[data-call=remove]').textContent()).toBe('Denied: too early')
      expect(await focused(page)).toBe('remove: Denied: too early')
      expect(await said(page)).toContain('The answer waits for you.')
      expect(await failures(page)).toEqual([])
    })

    test('of two devices that answer a call one is first, and both say so', async () => {
      const { open } = await start()
      const pages = [await open(), await open()]
      await send(pages[0]!, 'remove')
      for (const page of pages) {
        await page.locator('[data-call=remove]:not([data-busy])').waitFor()
        await page.getByRole('button', { name: 'Approve' }).focus()
      }
      // Held back, so that the page answers a call that it does not know to be answered.
      const [first, second] = pages as [Page, Page]
      await second.evaluate(() => {
        const { session } = window.componentsPage
        const { respond } = session
        Object.assign(session, {
          respond: async (...answer: Parameters<typeof respond>) => {
            await new Promise((resolve) => addEventListener('go on', resolve, { once: true }))
            return respond(...answer)
          },
        })
      })
      await second.keyboard.press('Enter')
      await second.locator('[data-call=remove][data-busy]').waitFor()
      await first.getByRole('button', { name: 'Deny' }).click()
      await answered(first, 'Thank you.')
      await answered(second, 'Thank you.')
      await second.evaluate(() => dispatchEvent(new Event('go on')))
      const answer = (page: Page) => page.locator('[data-call=remove]').textContent()
      await expect.poll(() => answer(second)).toBe('Denied, on another device')
      expect(await answer(first)).toBe('Denied')
      expect(await failures(second)).toEqual([])
      expect(await focused(second)).toMatch('remove: Denied')
    })

    test('a call that the page makes is answered by what the host puts into the card', async () => {
      const { open } = await start()
      const page = await open()
      await send(page, 'place')
      await page.getByRole('group', { name: 'Answer place' }).getByRole('button').press('Enter')
      await answered(page, 'Thank you.')
      expect(await page.locator('[data-call=place]').textContent()).toBe('Answered')
      await page.reload()
      await answered(page, 'Thank you.')
      expect(await page.locator('[data-call=place]').count()).toBe(0)
    })

    test('the versions of an answer are gone through by one key, and the focus stays', async () => {
      const { open } = await start()
      const page = await open()
      await send(page, 'Hi')
      await answered(page, 'You said Hi.')
      const idle = () =>
        page.waitForFunction(() => {
          const { run, messages } = window.componentsPage.session.getSnapshot()
          return !run && messages.at(-1)?.status === 'done'
        })
      for (const count of [2, 3]) {
        await idle()
        await page.evaluate(() => window.componentsPage.session.retry())
        await page.getByText(`${count}/${count}`).waitFor()
      }
      await idle()
      const switching = page.locator('[data-version-of]:not([data-busy])')
      await switching.waitFor()
      await switching.getByRole('button', { name: 'The version before' }).focus()
      for (const index of [2, 1]) {
        await page.keyboard.press('Enter')
        await page.getByText(`${index}/3`).waitFor()
        await expect.poll(() => focused(page)).toBe('The version before')
        await page.locator('[data-version-of]:not([data-busy])').waitFor()
      }
      // There is none before: the button is there, and does nothing.
      await page.keyboard.press('Enter')
      await page.keyboard.press('Tab')
      await page.keyboard.press('Enter')
      await page.getByText('2/3').waitFor()
      await expect.poll(() => focused(page)).toBe('The next version')
      expect(await failures(page)).toEqual([])
    })

    test('a banner tells that the server is away, and what is kept; screen readers hear each change once', async () => {
      const { site, open } = await start()
      const page = await open()
      await send(page, 'Hi')
      await answered(page, 'You said Hi.')
      const banner = page.locator('#banner')
      await banner.waitFor({ state: 'detached' })
      await page.getByRole('searchbox').focus()
      await site.down()
      await page.locator('#banner[data-kind=unreachable]').waitFor()
      await send(page, 'Still there?')
      await expect
        .poll(() => banner.textContent())
        .toBe(
          'The server cannot be reached. What you see may be out of date. ' +
            'Your prompt is kept, and sent when it is possible.Try now',
        )
      const action = banner.getByRole('button', { name: 'Try now' })
      await action.focus()
      // An attempt that fails leaves the button where it is.
      const attempts = () =>
        page.evaluate(() => window.componentsPage.session.getSnapshot().connection.attempts)
      const before = await attempts()
      await page.keyboard.press('Enter')
      await expect.poll(attempts).toBeGreaterThan(before + 1)
      expect(await focused(page)).toBe('Try now')
      await site.up()
      await answered(page, 'You said Still there?.')
      await banner.waitFor({ state: 'detached' })
      // The focus is where it was before it was on the button.
      await expect.poll(() => focused(page)).toBe('Search chats and messages')
      await expect
        .poll(() => said(page))
        .toEqual([
          'Answer complete. You said Hi.',
          'The server cannot be reached.',
          'Your prompt is kept, and sent when it is possible.',
          'Connected again.',
          'Answer complete. You said Still there?.',
        ])
    })

    test('a session that is deleted leaves a banner with the host’s way out', async () => {
      const { site, ids, open } = await start()
      const page = await open()
      await page.getByText('First').waitFor()
      await site.store.sessions.delete(ids[0]!)
      const banner = page.locator('#banner[role=alert][data-kind=deleted]')
      await banner.getByRole('button', { name: 'Leave' }).click()
      expect(await page.evaluate(() => location.hash)).toBe('#left')
    })

    test('axe finds nothing serious', async () => {
      const { site, open } = await start(['First', 'Second', 'Third'])
      const page = await open()
      const problems = async () => {
        await page.evaluate(axe.source)
        const { violations } = await page.evaluate(() => window.axe.run())
        const more = violations.filter(({ impact }) => impact !== 'minor')
        return more.flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html}`))
      }
      await send(page, 'Hi')
      await answered(page, 'You said Hi.')
      await page.waitForFunction(() => !window.componentsPage.session.getSnapshot().run)
      await page.evaluate(() => window.componentsPage.session.retry())
      await page.getByText('2/2').waitFor()
      await send(page, 'remove')
      await page.getByRole('button', { name: 'Approve' }).waitFor()
      expect(await problems()).toEqual([])
      await page.getByRole('searchbox').fill('Hi')
      await page.getByRole('region', { name: 'Messages found' }).getByRole('link').first().waitFor()
      expect(await problems()).toEqual([])
      await site.down()
      await page.locator('#banner[data-kind=unreachable]').waitFor()
      expect(await problems()).toEqual([])
    })
  })
}
