import { readFile } from 'node:fs/promises'

import { describe, expect, onTestFinished, test } from 'vitest'

import { skipBrowserTests } from '../browser/browser.ts'
import { DemoPage } from './demo-page.ts'
import { withDemo } from './with-demo.ts'

describe.skipIf(skipBrowserTests())('several people in the demo', () => {
  const demo = withDemo()

  test('a member who is added by name sees the chat, is seen in it, and is seen typing', async () => {
    const mine = await DemoPage.openNew(demo.browser, demo.url)
    onTestFinished(() => mine.close())
    await mine.send('/count 3')
    await mine.idle()
    await mine.page.getByRole('button', { name: 'More', exact: true }).click()
    await mine.page.getByRole('button', { name: 'Members…' }).click()
    const dialog = mine.page.getByRole('dialog', { name: 'Members' })
    await dialog.getByLabel('Name of a new member').fill('zoe')
    await dialog.getByRole('button', { name: 'Add' }).click()
    const link = await dialog.getByRole('link', { name: 'zoe' }).getAttribute('href')
    await dialog.getByRole('button', { name: 'Close' }).click()

    const hers = await DemoPage.open(demo.browser, new URL(link!, demo.url).href)
    onTestFinished(() => hers.close())
    await hers.page.getByRole('article', { name: 'Assistant' }).waitFor()
    await expect.poll(() => mine.page.getByTestId('presence').innerText()).toContain('2 people')
    await hers.page.getByTestId('composer').pressSequentially('Hello')
    await mine.page.getByText('zoe is typing').waitFor()
    await hers.page.getByTestId('composer').fill('/count 2')
    await hers.page.keyboard.press('Enter')
    await mine.page.getByRole('article', { name: 'You' }).getByText('zoe').waitFor()
    await mine.page.getByText('zoe is typing').waitFor({ state: 'detached' })
  })

  test('a chat is exported with all its messages', async () => {
    const tab = await DemoPage.openNew(demo.browser, demo.url)
    onTestFinished(() => tab.close())
    await tab.send('/count 3')
    await tab.idle()
    await tab.page.getByRole('button', { name: 'More', exact: true }).click()
    const download = tab.page.waitForEvent('download')
    await tab.page.getByRole('button', { name: 'Export as JSON' }).click()
    const exported = JSON.parse(await readFile(await (await download).path(), 'utf8'))
    expect((await download).suggestedFilename()).toBe('count-3.json')
    expect(exported).toEqual({ title: '/count 3', messages: (await tab.snapshot()).messages })
  })
})
