import { describe, expect, test } from 'vitest'

import { skipBrowserTests } from '../browser/browser.ts'
import { DemoPage } from './demo-page.ts'
import { withDemo } from './with-demo.ts'

describe.skipIf(skipBrowserTests())('writing in the demo', () => {
  const demo = withDemo()
  const titles = (tab: DemoPage) =>
    tab.page.evaluate(async () => {
      const { rows } = await window.caughtup!.client.rpc.activity.list({ limit: 200 })
      return rows.map(({ title }) => title)
    })

  test('an unsent prompt survives a reload, in its chat only', async () => {
    const tab = await DemoPage.openNew(demo.browser, demo.url)
    const composer = tab.page.getByTestId('composer')
    await composer.fill('Not sent yet')
    await tab.page.reload()
    await expect.poll(() => composer.inputValue()).toBe('Not sent yet')
    await tab.page.getByRole('button', { name: 'New chat', exact: true }).first().click()
    await tab.page.getByRole('region', { name: 'Suggestions' }).waitFor()
    await expect.poll(() => composer.inputValue()).toBe('')
    await tab.page.goBack()
    await expect.poll(() => composer.inputValue()).toBe('Not sent yet')
    await tab.send('/count 3')
    await tab.idle()
    await tab.page.reload()
    await tab.live()
    expect(await composer.inputValue()).toBe('')
    await tab.close()
  })

  test('a new chat is made by its first prompt, so that none stays empty', async () => {
    const tab = await DemoPage.open(demo.browser, demo.url)
    const before = await titles(tab)
    await tab.page.getByRole('button', { name: 'New chat', exact: true }).first().click()
    await tab.page.getByRole('heading', { level: 1 }).waitFor()
    expect(await titles(tab)).toEqual(before)
    await tab.send('/count 3')
    await tab.page.getByRole('article', { name: 'Assistant' }).waitFor()
    expect(await titles(tab)).toHaveLength(before.length + 1)
    await tab.close()
  })

  test('the focus returns after a dialog, after renaming, and when what had it is gone', async () => {
    const tab = await DemoPage.openNew(demo.browser, demo.url)
    const { keyboard } = tab.page
    const focused = () =>
      tab.page.evaluate(() => {
        const element = document.activeElement
        return element?.getAttribute('aria-label') ?? element?.getAttribute('title')
      })
    await tab.send('/count 3')
    await tab.idle()
    await tab.page.getByRole('button', { name: 'Clear the context' }).focus()
    await keyboard.press('Enter')
    await tab.page.getByRole('alertdialog').waitFor()
    await keyboard.press('Escape')
    await expect.poll(focused).toBe('Clear the context')

    for (const [typed, ends] of [
      ['Another title', 'Enter'],
      ['A third one', 'Escape'],
    ] as const) {
      await tab.page.getByTitle('Rename this chat').focus()
      await keyboard.press('Enter')
      await keyboard.type(typed)
      await keyboard.press(ends)
      await expect.poll(focused).toBe('Rename this chat')
    }
    await tab.page.getByRole('heading', { name: 'Another title' }).waitFor()

    const answer = tab.page.getByRole('article', { name: 'Assistant' })
    await answer.getByRole('button', { name: 'Delete this message' }).focus()
    await keyboard.press('Enter')
    await tab.page.getByRole('alertdialog').getByRole('button', { name: 'Delete' }).press('Enter')
    await answer.waitFor({ state: 'detached' })
    await expect.poll(focused).toBe('Message')
    await tab.close()
  })
})
