import { describe, expect, onTestFinished, test } from 'vitest'

import { skipBrowserTests } from '../browser/browser.ts'
import { countedTo, DemoPage } from './demo-page.ts'
import { withDemo } from './with-demo.ts'

describe.skipIf(skipBrowserTests())('prompts in the demo', () => {
  const demo = withDemo()

  async function openNew(): Promise<DemoPage> {
    const tab = await DemoPage.openNew(demo.browser, demo.url)
    onTestFinished(() => tab.close())
    return tab
  }
  const button = (tab: DemoPage, name: string) =>
    tab.page.getByRole('button', { name, exact: true })

  test('a prompt is corrected where it is, or asked again as another version', async () => {
    const tab = await openNew()
    await tab.send('/count 5')
    await tab.idle()
    await button(tab, 'Edit the prompt').click()
    await tab.page.getByLabel('Prompt', { exact: true }).fill('/count 6')
    await button(tab, 'Correct only').click()
    await tab.page.getByRole('article', { name: 'You' }).getByText('/count 6').waitFor()
    expect(await tab.answer()).toBe(countedTo(5))

    await button(tab, 'Edit the prompt').click()
    await tab.page.getByLabel('Prompt', { exact: true }).fill('/count 7')
    await tab.page.keyboard.press('Enter')
    await tab.page.getByText('2/2').waitFor()
    await tab.idle()
    expect(await tab.answer()).toBe(countedTo(7))
    await button(tab, 'The version before').click()
    await tab.page.getByRole('article', { name: 'You' }).getByText('/count 6').waitFor()
  })

  test('a fork is another chat with the messages up to one', async () => {
    const tab = await openNew()
    await tab.send('/count 3')
    await tab.idle()
    await tab.send('/count 4')
    await tab.until(({ messages, run }) => messages.length === 4 && !run)
    await tab.page
      .getByRole('article', { name: 'Assistant' })
      .first()
      .getByRole('button', { name: 'Fork the chat from here' })
      .click()
    await tab.page.waitForFunction((id) => !location.hash.includes(id), tab.sessionId)
    await expect.poll(() => tab.page.getByRole('article').count()).toBe(2)
    expect(await tab.shownAnswer()).toContain(countedTo(3))
  })

  test('a waiting prompt is edited and removed', async () => {
    const tab = await openNew()
    await tab.send('/stall')
    await tab.answered(2)
    await tab.send('/count 3')
    await tab.send('/count 9')
    const queue = tab.page.getByTestId('queued')
    await queue.nth(1).getByRole('button', { name: 'Cancel this prompt' }).click()
    await expect.poll(() => queue.count()).toBe(1)
    await button(tab, 'Edit this prompt').click()
    await tab.page.getByLabel('Queued prompt').fill('/count 4')
    await tab.page.keyboard.press('Enter')
    await queue.getByText('/count 4').waitFor()
    expect(await queue.count()).toBe(1)
    await tab.page.getByTestId('stop').click()
    await tab.until(({ messages, run }) => messages.length === 4 && !run)
    expect(await tab.answer()).toBe(countedTo(4))
  })

  test('a waiting prompt is offered to the answer that is being written', async () => {
    const tab = await openNew()
    await tab.send('/count 3000 50')
    await tab.answered(10)
    await tab.send('enough')
    await button(tab, 'Offer it to the answer that is being written').click()
    await tab.page.getByTestId('message').getByText('You say “enough”, so I stop here.').waitFor()
    await tab.until(({ run, queue }) => !run && queue.length === 0)
  })
})
