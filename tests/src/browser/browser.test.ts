import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Browser } from 'playwright-core'
import { launchBrowser, skipBrowserTests } from './browser.ts'

describe.skipIf(skipBrowserTests())('the browser', () => {
  let browser: Browser | undefined

  beforeAll(async () => {
    browser = await launchBrowser()
  })
  afterAll(async () => {
    await browser?.close()
  })

  it('starts and renders a page', async () => {
    const page = await browser!.newPage()
    await page.setContent('<h1>Caughtup</h1>')
    expect(await page.textContent('h1')).toBe('Caughtup')
  })
})
