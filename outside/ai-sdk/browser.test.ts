import path from 'node:path'

import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'

import { launchBrowser, skipBrowserTests } from '../../tests/src/browser/browser.ts'
import { buildPage } from '../../tests/src/browser/build-page.ts'
import { openServer } from './devices.ts'

type Browser = Awaited<ReturnType<typeof launchBrowser>>
type Page = Awaited<ReturnType<Browser['newPage']>>

const delta = (text: string) => ({ type: 'text-delta', text }) as const
const rowsOf = (page: Page) =>
  page.$$eval('li', (rows) => rows.map((row) => [row.dataset['id'], row.textContent] as const))
const textsOf = async (page: Page) => (await rowsOf(page)).map(([, text]) => text)
const statusOf = (page: Page) => page.textContent('#status')

describe.skipIf(skipBrowserTests())('in a browser, in strict mode', () => {
  let browser: Browser
  let script: string
  beforeAll(async () => {
    script = await buildPage(path.join(import.meta.dirname, 'page.tsx'))
    browser = await launchBrowser()
  })
  afterAll(() => browser?.close())

  /** Opens tabs of one session, as many as are asked for. */
  async function open(query = '') {
    const html = '<!doctype html><body><script type="module" src="/page.js"></script>'
    const server = await openServer({ page: (at) => (at === '/page.js' ? script : html) })
    const context = await browser.newContext()
    onTestFinished(() => context.close())
    const tab = async () => {
      const page = await context.newPage()
      page.setDefaultTimeout(15_000)
      await page.goto(`${server.url}/?session=${server.sessionId}${query}`)
      await page.waitForSelector('#status')
      return page
    }
    return { server, tab }
  }

  test.each([
    { name: 'follows its session', query: '' },
    { name: 'has the transport alone', query: '&alone' },
  ])(
    'a page that $name is opened anew in the middle of an answer, twice at once',
    async ({ query }) => {
      const { server, tab } = await open(query)
      const page = await tab()
      await page.click('#send')
      const run = await server.agent.run()
      await run.yields(delta('One '))
      await expect.poll(() => textsOf(page)).toEqual(['Hi', 'One '])
      const [again, other] = await Promise.all([page.reload().then(() => page), tab()])
      await run.yields(delta('two '))
      for (const each of [again, other]) {
        await expect.poll(() => textsOf(each)).toEqual(['Hi', 'One two '])
        await expect.poll(() => statusOf(each)).toBe('streaming')
      }
      await run.yields(delta('three'))
      run.finish()
      const { messages } = await server.store.window(server.sessionId)
      for (const each of [again, other]) {
        await expect.poll(() => statusOf(each)).toBe('ready')
        expect(await rowsOf(each)).toEqual([
          [messages[0]?.id, 'Hi'],
          [messages[1]?.id, 'One two three'],
        ])
      }
    },
  )

  test('a page that is left does not stop the answer, and its stop button does', async () => {
    const { server, tab } = await open()
    const page = await tab()
    await page.click('#send')
    const run = await server.agent.run()
    await run.yields(delta('One '))
    await expect.poll(() => textsOf(page)).toEqual(['Hi', 'One '])
    await page.close()
    await run.yields(delta('two '))
    expect(run.context.signal.aborted).toBe(false)
    const next = await tab()
    await expect.poll(() => textsOf(next)).toEqual(['Hi', 'One two '])
    await next.click('#stop')
    await expect.poll(() => run.context.signal.aborted).toBe(true)
    await expect.poll(() => statusOf(next)).toBe('ready')
    expect(await textsOf(next)).toEqual(['Hi', 'One two '])
  })
})
