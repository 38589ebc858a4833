import type { Page } from 'playwright-core'
import { describe, expect, onTestFinished, test } from 'vitest'

import { skipBrowserTests } from '../browser/browser.ts'
import { countedTo, DemoPage } from './demo-page.ts'
import { withDemo } from './with-demo.ts'

/** More stops than the page has. */
const mostStops = 80

/** Presses Tab, or Shift+Tab, until what has the focus has a name. */
async function tabTo(page: Page, name: string | RegExp, key: 'Tab' | 'Shift+Tab' = 'Shift+Tab') {
  const names: string[] = []
  for (let stop = 0; stop < mostStops; stop++) {
    await page.keyboard.press(key)
    const focused = await page.evaluate(() => {
      const element = document.activeElement
      return (element?.getAttribute('aria-label') ?? element?.textContent ?? '').trim()
    })
    if (typeof name === 'string' ? focused === name : name.test(focused)) return
    names.push(focused)
  }
  throw new Error(`${name} is not among the stops: ${names.join(' | ')}`)
}

describe.skipIf(skipBrowserTests())('the keyboard alone', () => {
  const demo = withDemo()

  test('carries a whole conversation', async () => {
    const tab = await DemoPage.open(demo.browser, demo.url)
    onTestFinished(() => tab.close())
    const { page } = tab
    const { keyboard } = page

    // The message box has the focus from the start. Ask, and stop the answer.
    await page.getByRole('heading', { level: 1 }).waitFor()
    await keyboard.type('/count 3000 100')
    await keyboard.press('Enter')
    await page.waitForFunction(() => location.hash.startsWith('#/s/'))
    tab.sessionId = await page.evaluate(() => location.hash.slice('#/s/'.length))
    await tab.answered(20)
    await keyboard.press('Escape')
    await tab.idle()

    // Have it answered again, stop that too, and look at the first answer.
    await tabTo(page, 'Try again')
    await keyboard.press('Enter')
    await page.getByText('2/2').waitFor()
    await tab.answered(20)
    await keyboard.press('Escape')
    await tab.idle()
    await tabTo(page, 'Message', 'Tab')
    await tabTo(page, 'The version before')
    await keyboard.press('Enter')
    await page.getByText('1/2').waitFor()

    // Edit the prompt, and send it in place of the former.
    await tabTo(page, 'Message', 'Tab')
    await tabTo(page, 'Edit the prompt')
    await keyboard.press('Enter')
    await keyboard.press('ControlOrMeta+A')
    await keyboard.type('/count 6')
    await keyboard.press('Enter')
    await tab.until(
      ({ messages, run }) => !run && messages.at(-1)?.metadata.finishReason === 'stop',
    )
    expect(await tab.answer()).toBe(countedTo(6))

    // Rename the chat; then start another one, and come back by the list.
    await tabTo(page, '/count 3000 100')
    await keyboard.press('Enter')
    await keyboard.type('By keyboard')
    await keyboard.press('Enter')
    await page.getByRole('heading', { name: 'By keyboard' }).waitFor()
    await tabTo(page, 'New chat')
    await keyboard.press('Enter')
    await page.getByRole('heading', { level: 1, name: /Ask something/ }).waitFor()
    await keyboard.type('/think')
    await keyboard.press('Enter')
    await page.getByRole('article', { name: 'Assistant' }).waitFor()
    await tabTo(page, /^\/think.*guide/)
    await keyboard.press('ArrowDown')
    await keyboard.press('Enter')
    await page.getByRole('heading', { name: 'By keyboard' }).waitFor()

    // Delete it, by the list and the dialog.
    await tabTo(page, /^By keyboard.*guide/)
    await keyboard.press('Delete')
    await page.getByRole('alertdialog').waitFor()
    await tabTo(page, 'Delete', 'Tab')
    await keyboard.press('Enter')
    await page.getByRole('heading', { level: 1, name: /Ask something/ }).waitFor()
    await page.getByText('By keyboard').waitFor({ state: 'detached' })
    await expect
      .poll(() => page.evaluate(() => document.activeElement?.getAttribute('aria-label')))
      .toBe('Message')
  })
})
