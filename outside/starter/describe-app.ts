import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'

import type { Browser, BrowserContext, Page } from 'playwright-core'
import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest'

import { launchBrowser, skipBrowserTests } from '../../tests/src/browser/browser.ts'
import { AppProcess } from './app-process.ts'
import { type App, makeApp } from './make-app.ts'

const axe = readFileSync(path.join(import.meta.dirname, 'node_modules/axe-core/axe.min.js'), 'utf8')

/**
 * The promises of the app of a template, as a user has it: made by npm from the packed command, on this
 * machine's own Node, built, started, and driven in a browser.
 */
export function describeApp(template: string): void {
  describe(`the app of the template ${template}`, () => {
    let app: App
    beforeAll(async () => {
      app = await makeApp(template)
      await app.run('npm', 'run', 'build')
    })
    afterAll(() => app?.[Symbol.dispose]())

    test('compiles, on a Node of its own', async () => {
      await app.run('npm', 'run', 'check')
      expect(await app.run('npm', 'exec', '--', 'node', '--version')).toMatch(/^v24\./)
    })

    describe.skipIf(skipBrowserTests())('in a browser', () => {
      let browser: Browser
      let server: AppProcess
      beforeAll(async () => {
        ;[browser, server] = await Promise.all([launchBrowser(), AppProcess.start(app, 'start')])
      })
      // A test that failed may have left it ended.
      beforeEach(async () => {
        if (!server.isRunning) server = await AppProcess.start(app, 'start', server.port)
      })
      afterAll(async () => {
        await server?.[Symbol.asyncDispose]()
        await browser?.close()
      })

      async function newVisitor(): Promise<BrowserContext> {
        const context = await browser.newContext()
        onTestFinished(() => context.close())
        return context
      }

      async function visit(context: BrowserContext): Promise<Page> {
        const page = await context.newPage()
        await page.goto(server.url)
        return page
      }

      test('an answer streams, goes on after a reload in its middle, and can be stopped', async () => {
        const page = await visit(await newVisitor())
        await send(page, 'Hello')
        await expect.poll(() => lastNumber(page)).toBeGreaterThan(3)
        await page.reload()
        const shown = await expectNumbers(page, 5)
        await expect.poll(() => lastNumber(page)).toBeGreaterThan(shown)
        await page.getByRole('button', { name: 'Stop' }).click()
        await page.getByText('Assistant was stopped.').waitFor()
        expect(await expectNumbers(page, 5)).toBeLessThan(50)
        await page.getByRole('link', { name: 'Hello' }).waitFor()
      })

      test('another browser is another visitor: it neither lists nor opens the chat', async () => {
        const page = await visit(await newVisitor())
        await send(page, 'Mine')
        await page.getByRole('button', { name: 'Stop' }).click()
        const other = await visit(await newVisitor())
        await other.getByText('No chats yet.').waitFor()
        await other.goto(page.url())
        await other.getByText('This is no longer there.').first().waitFor()
        expect(await other.getByText('Mine').count()).toBe(0)
        const [cookie, ...more] = await other.context().cookies()
        expect(more).toEqual([])
        expect(cookie).toMatchObject({ httpOnly: true, sameSite: 'Lax', secure: false })
      })

      test('a page whose server was killed in an answer is caught up once it runs again', async () => {
        const page = await visit(await newVisitor())
        await send(page, 'Hello')
        await expect.poll(() => lastNumber(page)).toBeGreaterThan(3)
        await server.end('SIGKILL')
        await page.locator('main .banner').waitFor()
        const seen = await expectNumbers(page, 4)
        server = await AppProcess.start(app, 'start', server.port)
        await page.getByText('Assistant was cut off').waitFor()
        expect(await expectNumbers(page, 4)).toBeGreaterThanOrEqual(seen)
        await page.locator('main .banner').waitFor({ state: 'detached' })
        await send(page, 'Again')
        await expect.poll(() => lastNumber(page)).toBeGreaterThan(1)
      })

      test('SIGTERM ends it in order, also during an answer', async () => {
        const page = await visit(await newVisitor())
        await send(page, 'Hello')
        await expect.poll(() => lastNumber(page)).toBeGreaterThan(1)
        await server.end('SIGTERM')
        server = await AppProcess.start(app, 'start', server.port)
        // Of a run whose process was killed it would be: cut off.
        await page.getByText('Assistant was stopped.').waitFor()
      })

      test('has no accessibility problem that axe finds, light, dark and on a phone', async () => {
        const page = await visit(await newVisitor())
        const look = async () => {
          await page.evaluate(axe)
          const { violations } = await page.evaluate(() => window.axe.run())
          return violations.map(({ id, nodes }) => [id, nodes.map(({ html }) => html)])
        }
        expect(await look()).toEqual([])
        await send(page, 'Hello')
        await page.getByRole('button', { name: 'Stop' }).click()
        await page.getByText('Assistant was stopped.').waitFor()
        await page.emulateMedia({ colorScheme: 'dark' })
        expect(await look()).toEqual([])
        await page.setViewportSize({ width: 360, height: 640 })
        expect(await look()).toEqual([])
        const overflow = () => document.documentElement.scrollWidth - innerWidth
        expect(await page.evaluate(overflow)).toBe(0)
        await page.getByRole('link', { name: 'All chats' }).click()
        await page.getByRole('link', { name: 'Hello' }).waitFor()
        expect(await page.evaluate(overflow)).toBe(0)
      })

      test('npm run dev takes a changed agent over, and the page goes on', async () => {
        // On a port that stays the same when the server starts anew.
        await server.end('SIGKILL')
        server = await AppProcess.start(app, 'dev', server.port)
        const context = await newVisitor()
        const page = await visit(context)
        await send(page, 'Hello')
        await expect.poll(() => lastNumber(page)).toBeGreaterThan(1)
        const agent = path.join(app.folder, 'server/agent.ts')
        writeFileSync(agent, readFileSync(agent, 'utf8').replace('You wrote', 'You typed'))
        // A page that is opened while the server starts anew may stay empty.
        const answerNow = async () => {
          const again = await context.newPage()
          again.setDefaultTimeout(10_000)
          try {
            await again.goto(server.url)
            await send(again, 'Again')
            const answer = again.locator('article[data-role=assistant] .text', { hasText: 'Again' })
            return await answer.textContent()
          } finally {
            await again.close()
          }
        }
        await expect.poll(answerNow, { timeout: 60_000 }).toMatch(/^You typed “Again”/)
        await expectNumbers(page, 1)
        await server.end('SIGINT')
      })
    })
  })
}

async function send(page: Page, text: string): Promise<void> {
  const field = page.getByRole('textbox', { name: 'Message' })
  await field.fill(text)
  await field.press('Enter')
}

/** The last number of the newest answer; 0 if there is none. */
async function lastNumber(page: Page): Promise<number> {
  return (await numbers(page)).at(-1) ?? 0
}

/** Of the newest answer, without the last one, which may be shown in part. */
async function numbers(page: Page): Promise<number[]> {
  const texts = await page.locator('article[data-role=assistant] .text').allTextContents()
  return [...(texts.at(-1)?.split('count:')[1] ?? '').matchAll(/\d+(?= )/g)].map(Number)
}

/** The newest answer has so many numbers at least: each once, and in their order. Returns the last one. */
async function expectNumbers(page: Page, least: number): Promise<number> {
  await expect.poll(() => lastNumber(page)).toBeGreaterThanOrEqual(least)
  const found = await numbers(page)
  expect(found).toEqual(found.map((_, index) => index + 1))
  return found.length
}

declare global {
  interface Window {
    axe: { run(): Promise<{ violations: { id: string; nodes: { html: string }[] }[] }> }
  }
}
