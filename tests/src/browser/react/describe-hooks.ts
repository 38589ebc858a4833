import path from 'node:path'
import { setTimeout } from 'node:timers/promises'

import { Random } from '@caughtup/schema/testing'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import { launchBrowser, skipBrowserTests } from '../browser.ts'
import { buildPage, type PageSources } from '../build-page.ts'
import { openChatPage } from './chat-page.ts'
import type { ReactPage } from './page/page.tsx'
import type {} from './page/server.tsx'

declare global {
  interface Window {
    reactPage: ReactPage
  }
}

/** A fixed one, and one of this moment. A failure names its seed, for `SEED=… vitest run …`. */
const seeds = process.env['SEED']
  ? [Number(process.env['SEED'])]
  : [1, Math.floor(Math.random() * 2 ** 31)]

/** Some lines, of which some are empty or long, and the last one may go on. */
function lines(random: Random, count: number): string {
  const line = () =>
    'a word '.repeat(random.pick([0, 1, 4, 60])) + '\n'.repeat(random.between(0, 2))
  return Array.from({ length: count }, line).join('')
}

/** The promises of the hooks, in a real browser with a real server, for the React of `sources`. */
export function describeHooks(version: string, sources: PageSources = {}): void {
  describe.skipIf(skipBrowserTests())(`with React ${version}`, () => {
    let browser: Browser
    let script: string
    beforeAll(async () => {
      script = await buildPage(path.join(import.meta.dirname, 'page/page.tsx'), sources)
      browser = await launchBrowser()
    })
    afterAll(() => browser?.close())
    const countsOf = async (page: Page) =>
      JSON.parse(
        await page.evaluate(() => JSON.stringify(window.reactPage.counts)),
      ) as ReactPage['counts']
    const open = (old = 0) => openChatPage(browser, script, { old })

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
      const before = await countsOf(page)
      await chat.stream(run, pieces)
      run.finish()
      await page.waitForSelector('#root p:last-child[data-status=done]')
      const after = await countsOf(page)
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
      await setTimeout(100)
      expect(await page.evaluate(() => window.reactPage.counts.streams)).toBe(0)
      await page.evaluate(() => window.reactPage.goOn())
      await page.waitForSelector('text=live 3')
      expect(await page.evaluate(() => window.reactPage.counts.streams)).toBe(1)
    })

    /** Selects a stretch of the last message's text, and tells what is selected. */
    const select = (page: Page, start: number, end: number) =>
      page.evaluate(
        ([from, to]) => {
          const node = document.querySelector('#root p:last-child')!.firstChild!
          getSelection()!.setBaseAndExtent(node, from, node, to)
        },
        [start, end] as const,
      )
    const selected = (page: Page) => page.evaluate(() => getSelection()!.toString())
    const lastText = (page: Page) => page.textContent('#root p:last-child')

    test('a streaming text draws no component, and keeps what the reader selected', async () => {
      const pieces = Array.from({ length: 30 }, (_, piece) => `piece ${piece} 😀 `)
      await using chat = await open(3)
      const { page } = chat
      await page.evaluate(() => window.reactPage.show('texts'))
      const run = await chat.ask()
      await chat.stream(run, ['First '])
      await expect.poll(() => lastText(page)).toBe('First ')
      await select(page, 1, 4)
      const before = await page.evaluate(() => ({ ...window.reactPage.counts.rows }))
      await chat.stream(run, pieces)
      run.finish()
      await expect.poll(() => lastText(page)).toBe(`First ${pieces.join('')}`)
      expect(await selected(page)).toBe('irs')
      expect(await page.evaluate(() => window.reactPage.counts.rows)).toEqual(before)
      expect(await page.evaluate(() => window.reactPage.counts.streams)).toBe(1)
    })

    test('drawn by React, the same text would lose what the reader selected', async () => {
      await using chat = await open(3)
      const { page } = chat
      await page.evaluate(() => window.reactPage.show('rows'))
      const run = await chat.ask()
      await chat.stream(run, ['First '])
      await expect.poll(() => lastText(page)).toBe('First ')
      await select(page, 1, 4)
      await chat.stream(run, ['and more'])
      await expect.poll(() => lastText(page)).toBe('First and more')
      expect(await selected(page)).toBe('')
    })

    test('a streaming text follows edits, an undo, a redo and a reload', async () => {
      await using chat = await open()
      const { page } = chat
      await page.evaluate(() => window.reactPage.show('texts'))
      const run = await chat.ask()
      await chat.stream(run, ['The first answer.'])
      await expect.poll(() => lastText(page)).toBe('The first answer.')
      await page.reload()
      await page.waitForFunction(() => 'reactPage' in window)
      await page.evaluate(() => window.reactPage.show('texts'))
      await expect.poll(() => lastText(page)).toBe('The first answer.')
      await chat.stream(run, [' And more.'])
      run.finish()
      await expect.poll(() => lastText(page)).toBe('The first answer. And more.')
      await page.waitForFunction(() => !window.reactPage.session.getSnapshot().run)
      await select(page, 4, 9)
      const edit = (text: string) =>
        page.evaluate(async (to) => {
          const { session } = window.reactPage
          const { id } = session.getSnapshot().messages.at(-1)!
          await session.history.edit(id, to)
        }, text)
      await edit('The first reply, and more.')
      await expect.poll(() => lastText(page)).toBe('The first reply, and more.')
      expect(await selected(page)).toBe('first')
      await edit('A')
      await expect.poll(() => lastText(page)).toBe('A')
      await page.evaluate(() => window.reactPage.session.history.undo())
      await expect.poll(() => lastText(page)).toBe('')
      await page.evaluate(() => window.reactPage.session.history.redo())
      await expect.poll(() => lastText(page)).toBe('A')
    })

    /** How a streamed text stands beside the same text as React would write it. */
    const compared = (page: Page) =>
      page.evaluate(() => {
        const shown = document.querySelector('#root p:last-child')!
        const plain = document.createElement('p')
        plain.textContent = shown.textContent
        shown.after(plain)
        const heights = [shown, plain].map((one) => one.getBoundingClientRect().height)
        plain.remove()
        return { text: plain.textContent, heights, blocks: shown.childNodes.length }
      })

    test.each(seeds)(
      'a long text in blocks looks as if it were in one, with seed %i',
      async (seed) => {
        const random = new Random(seed)
        await using chat = await open()
        const { page } = chat
        await page.addStyleTag({ content: 'p { white-space: pre-wrap; width: 300px }' })
        await page.evaluate(() => window.reactPage.show('texts'))
        const run = await chat.ask()
        let text = ''
        const looksAsOne = async () => {
          await expect.poll(() => lastText(page)).toBe(text)
          const { heights, blocks } = await compared(page)
          expect(heights[0]).toBe(heights[1])
          return blocks
        }
        for (let piece = 0; piece < 30; piece++) {
          const added = lines(random, 10)
          text += added
          await chat.stream(run, [added])
          await looksAsOne()
        }
        expect(await looksAsOne()).toBeGreaterThan(3)
        run.finish()
        await page.waitForFunction(() => !window.reactPage.session.getSnapshot().run)
        const edit = async (next: string) => {
          text = next
          await page.evaluate(async (to) => {
            const { session } = window.reactPage
            await session.history.edit(session.getSnapshot().messages.at(-1)!.id, to)
          }, next)
          await looksAsOne()
        }
        for (let count = 0; count < 30; count++) {
          const from = random.between(0, text.length)
          const to = from + random.between(0, random.chance(0.3) ? text.length : 40)
          const added = lines(random, random.between(0, 3))
          await edit(`${text.slice(0, from)}${added}${text.slice(to)}` || 'Nothing is left.')
        }
      },
    )

    test('what is selected over several blocks stays, and is copied as it is written', async () => {
      const text = Array.from({ length: 60 }, (_, n) => `Line ${n} of a long answer.\n`).join('')
      await using chat = await open()
      const { page } = chat
      await page.addStyleTag({ content: 'p { white-space: pre-wrap }' })
      await page.evaluate(() => window.reactPage.show('texts'))
      const run = await chat.ask()
      await chat.stream(run, [text.repeat(3)])
      await expect.poll(() => lastText(page)).toBe(text.repeat(3))
      await page.evaluate(() => {
        const blocks = [...document.querySelector('#root p:last-child')!.children]
        getSelection()!.setBaseAndExtent(blocks[0]!.firstChild!, 0, blocks[2]!.firstChild!, 9)
      })
      const before = await selected(page)
      expect(text.repeat(3)).toContain(before)
      await chat.stream(run, ['More.\n', 'And more.'])
      run.finish()
      await expect.poll(() => lastText(page)).toBe(`${text.repeat(3)}More.\nAnd more.`)
      expect(await selected(page)).toBe(before)
    })

    test('an edit that joins two blocks at their line break makes one line of theirs', async () => {
      const text = 'A line of an answer.\n'.repeat(200)
      await using chat = await open()
      const { page } = chat
      await page.addStyleTag({ content: 'p { white-space: pre-wrap }' })
      await page.evaluate(() => window.reactPage.show('texts'))
      const run = await chat.ask()
      await chat.stream(run, [text])
      run.finish()
      await page.waitForFunction(() => !window.reactPage.session.getSnapshot().run)
      await expect.poll(() => lastText(page)).toBe(text)
      const first = await page.evaluate(
        () => document.querySelector('#root p:last-child')!.firstChild!.textContent!.length,
      )
      const joined = `${text.slice(0, first - 1)} ${text.slice(first)}`
      await page.evaluate(async (to) => {
        const { session } = window.reactPage
        await session.history.edit(session.getSnapshot().messages.at(-1)!.id, to)
      }, joined)
      await expect.poll(() => lastText(page)).toBe(joined)
      const { heights, blocks } = await compared(page)
      expect(blocks).toBeGreaterThan(1)
      expect(heights[0]).toBe(heights[1])
    })

    test('a text whose line breaks are not seen stays in one piece', async () => {
      await using chat = await open()
      const { page } = chat
      await page.evaluate(() => window.reactPage.show('texts'))
      const run = await chat.ask()
      await chat.stream(run, ['One line.\n'.repeat(300), 'The end.'])
      await expect.poll(() => lastText(page)).toMatch(/The end\.$/)
      const { heights, blocks } = await compared(page)
      expect(blocks).toBe(1)
      expect(heights[0]).toBe(heights[1])
      run.finish()
    })

    test('a revealed text is there at once, flows, and ends exactly', async () => {
      const text = `There. ${'All of this comes at once. 👩‍👩‍👧‍👦 '.repeat(20)}`
      await using chat = await open()
      const { page } = chat
      await page.evaluate(() => window.reactPage.show('a revealed text'))
      await page.waitForFunction(() => window.reactPage.counts.shown.length > 0)
      expect(await page.textContent('#revealed')).toBe('There. ')
      await page.evaluate((next) => window.reactPage.counts.setText(next, true), text)
      await expect.poll(() => page.textContent('#revealed')).toBe(text)
      const shown = await page.evaluate(() => window.reactPage.counts.shown)
      expect(new Set(shown).size).toBeGreaterThan(3)
      for (const [place, one] of shown.entries()) {
        expect([text.startsWith(one), one.startsWith(shown[place - 1] ?? '')]).toEqual([true, true])
      }
      await page.evaluate(() => window.reactPage.counts.setText('An edit.', true))
      await expect.poll(() => page.textContent('#revealed')).toBe('An edit.')
      const after = await page.evaluate(() => window.reactPage.counts.shown)
      expect(after.slice(shown.length)).toEqual(['An edit.'])
    })

    test('a text is revealed while it changes in every frame', async () => {
      await using chat = await open()
      const { page } = chat
      await page.evaluate(() => window.reactPage.show('a revealed text', { strict: false }))
      await page.waitForFunction(() => window.reactPage.counts.shown.length > 0)
      const [most, end] = await page.evaluate(async () => {
        let text = 'There. '
        let longest = 0
        for (let frame = 0; frame < 60; frame++) {
          await new Promise((drawn) => requestAnimationFrame(drawn))
          window.reactPage.counts.setText((text += 'more and '), false)
          longest = document.querySelector('#revealed')!.textContent.length
        }
        return [longest, text.length] as const
      })
      expect(most).toBeGreaterThan(end / 2)
    })

    test('a revealed text does not flow for readers who prefer reduced motion', async () => {
      await using chat = await open()
      const { page } = chat
      await page.emulateMedia({ reducedMotion: 'reduce' })
      await page.evaluate(() => window.reactPage.show('a revealed text'))
      await page.waitForFunction(() => window.reactPage.counts.shown.length > 0)
      const text = `There. ${'All of this comes at once. '.repeat(20)}`
      await page.evaluate((next) => window.reactPage.counts.setText(next, false), text)
      await expect.poll(() => page.textContent('#revealed')).toBe(text)
      const shown = await page.evaluate(() => window.reactPage.counts.shown)
      expect([...new Set(shown)]).toEqual(['There. ', text])
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
        while (!settled) {
          await run.yields({ type: 'text-delta', text: 'and more ' })
          await setTimeout(5)
        }
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
      const { beginnings, meanwhile } = await begun('transition beside an external store')
      expect(meanwhile).toBeGreaterThan(0)
      // React 18 does not begin anew for quite every one.
      expect(beginnings).toBeGreaterThan(meanwhile / 2)
    })

    test.each(['rows', 'texts'] as const)(
      'a page with %s that a server rendered is taken over as it is, and goes on from there',
      async (scene) => {
        const rendered = await serverRendering(sources, scene)
        await using chat = await openChatPage(browser, script, { old: 30, render: rendered.render })
        const { page } = chat
        const warnings: string[] = []
        page.on('console', (message) => warnings.push(message.text()))
        const shown = () => page.locator('#root p').allTextContents()
        const before = await shown()
        expect(before).toHaveLength(30)

        // What came while the page was on its way.
        const run = await chat.askElsewhere()
        await chat.stream(run, ['Mean'])
        const isRestored = await page.evaluate(
          ([name, initial]) => {
            const root = document.querySelector('#root')!
            const first = root.querySelector('p')!
            // Told of each change, in the same turn: an element that goes, or an empty page.
            new MutationObserver((records) => {
              const gone = records.flatMap(({ removedNodes }) => [...removedNodes])
              if (gone.length > 0 || !first.isConnected) window.reactPage.counts.shown.push('gone')
            }).observe(root, { childList: true, subtree: true })
            return window.reactPage.hydrate(name, initial)
          },
          [scene, rendered.initial()] as const,
        )
        expect(isRestored).toBe(true)
        await expect.poll(shown).toEqual([...before, 'Elsewhere', 'Mean'])
        const counts = await countsOf(page)
        expect(counts).toMatchObject({ streams: 1, modes: ['since'], repaired: [], shown: [] })
        expect(warnings).toEqual([])
        await chat.stream(run, ['while.'])
        run.finish()
        await expect.poll(() => lastText(page)).toBe('Meanwhile.')
      },
    )
  })
}

/** Renders a scene in this process, with the React of `sources`. */
async function serverRendering(sources: PageSources, scene: 'rows' | 'texts') {
  const code = await buildPage(path.join(import.meta.dirname, 'page/server.tsx'), sources)
  // In a scope of its own, as a module.
  await import(/* @vite-ignore */ `data:text/javascript,${encodeURIComponent(code)}`)
  let snapshot: unknown
  return {
    initial: () => snapshot,
    async render(url: string, sessionId: string) {
      const { html, initial } = await globalThis.renderScene(url, sessionId, scene)
      snapshot = initial
      return html
    },
  }
}
