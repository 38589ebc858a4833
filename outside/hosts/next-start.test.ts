// Does what docs/start-next.md says, with its files: `next dev`, and a browser.
import path from 'node:path'

import { expect, onTestFinished, test } from 'vitest'

import { launchBrowser, skipBrowserTests } from '../../tests/src/browser/browser.ts'
import { HostProcess } from './host-process.ts'

const counted = Array.from({ length: 40 }, (_, index) => ` ${index + 1}`).join('')

test.skipIf(skipBrowserTests())(
  'the start page of Next: an answer goes on over a reload, is whole after it, and in a second window',
  async () => {
    const args = ['dev', path.join(import.meta.dirname, 'next-start'), '-H', '127.0.0.1', '-p', '0']
    const [host, url] = await HostProcess.start('next', args)
    onTestFinished(async () => {
      await host.stop()
      host[Symbol.dispose]()
    })
    const browser = await launchBrowser()
    onTestFinished(() => browser.close())
    const context = await browser.newContext()
    const page = await context.newPage()
    await page.goto(url, { timeout: 60_000 })
    await page.getByLabel('Prompt').fill('Hello')
    await page.getByLabel('Prompt').press('Enter')
    await page.getByText('It counts: 1 2').waitFor()
    await page.reload()
    await page.getByText('It counts: 1 2').waitFor()
    const second = await context.newPage()
    await second.goto(page.url())
    for (const each of [page, second]) {
      await expect
        .poll(() => each.locator('main p').allTextContents(), { timeout: 15_000 })
        .toEqual(['Hello', `This is message 2. It counts:${counted}`])
    }
  },
  180_000,
)
