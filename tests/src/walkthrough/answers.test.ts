import { describe, expect, test } from 'vitest'

import { skipBrowserTests } from '../browser/browser.ts'
import { countedTo, DemoPage } from './demo-page.ts'
import { withDemo } from './with-demo.ts'

describe.skipIf(skipBrowserTests())('answers in the demo', () => {
  const demo = withDemo()

  test('a prompt that an answer offers is sent by a click', async () => {
    const tab = await DemoPage.openNew(demo.browser, demo.url)
    await tab.send('why?')
    await tab.idle()
    await tab.page.getByRole('region', { name: 'Ask next' }).getByText('/help').click()
    await tab.page.getByRole('article').getByText('These commands have').waitFor()
    expect((await tab.snapshot()).messages.map(({ role }) => role)).toEqual([
      'user',
      'assistant',
      'user',
      'assistant',
    ])
    await tab.close()
  })

  test('text that is selected in a growing paragraph stays selected', async () => {
    const tab = await DemoPage.openNew(demo.browser, demo.url)
    await tab.send('/count 3000 100')
    await tab.answered(60)
    const answer = tab.page.locator('[data-testid=message][data-role=assistant]')
    const box = (await answer.boundingBox())!
    const { mouse } = tab.page
    await mouse.move(box.x + 2, box.y + 10)
    await mouse.down()
    await mouse.move(box.x + 90, box.y + 10, { steps: 5 })
    await mouse.up()
    const selected = () => tab.page.evaluate(() => document.getSelection()?.toString() ?? '')
    const first = await selected()
    expect(countedTo(20)).toContain(first)
    expect(first.length).toBeGreaterThan(5)
    await tab.answered((await tab.answer()).length + 200)
    expect((await tab.shownAnswer()).length).toBeGreaterThan(200)
    expect(await selected()).toBe(first)
    await tab.page.getByTestId('stop').click()
    await tab.close()
  })

  test('a failed answer tells its code, and is asked for again', async () => {
    const tab = await DemoPage.openNew(demo.browser, demo.url)
    await tab.send('/fail')
    await tab.idle()
    const note = tab.page.getByRole('note')
    await note.getByText('Details').click()
    const code = (await tab.snapshot()).messages.at(-1)?.metadata.error?.code
    await note.getByText(code!, { exact: true }).waitFor()
    await note.getByRole('button', { name: 'Try again' }).click()
    await tab.page.getByText('2/2').waitFor()
    await tab.close()
  })

  test('a stopped answer offers to continue', async () => {
    const tab = await DemoPage.openNew(demo.browser, demo.url)
    await tab.send('/count 3000 100')
    await tab.answered(20)
    await tab.page.getByTestId('stop').click()
    await tab.page.getByRole('button', { name: 'Continue', exact: true }).click()
    await tab.until(({ messages, run }) => messages.length === 4 && !run)
    await tab.close()
  })
})
