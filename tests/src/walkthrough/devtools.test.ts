import { describe, expect, onTestFinished, test } from 'vitest'

import { skipBrowserTests } from '../browser/browser.ts'
import { countedTo, DemoPage } from './demo-page.ts'
import { withDemo } from './with-demo.ts'

describe.skipIf(skipBrowserTests())('the devtools in the drawer', () => {
  const demo = withDemo()

  test('show frames as they come, and their cut and replay leave the text exact', async () => {
    const tab = await DemoPage.openNew(demo.browser, demo.url)
    onTestFinished(() => tab.close())
    await tab.page.getByRole('button', { name: 'Under the hood' }).click()
    const devtools = tab.page.locator('[data-caughtup-devtools]')
    await tab.send('/count 1500 500')
    await devtools
      .getByText(/^text \d+–\d+, \d+ characters$/)
      .first()
      .waitFor()
    const { connects } = await stats(tab)
    await devtools.getByRole('button', { name: 'Cut the connection' }).click()
    await expect.poll(async () => (await stats(tab)).connects).toBeGreaterThan(connects)
    const row = devtools.locator(`[data-session="${tab.sessionId}"]`)
    await row.getByText('live', { exact: true }).waitFor()
    await row.getByRole('button', { name: 'Replay' }).click()
    await row.getByText('· full').waitFor()
    await tab.idle()
    expect(await tab.answer()).toBe(countedTo(1_500))

    // An entry opens with all of it, and stays open while others come.
    const [entry] = [devtools.locator('details', { hasText: 'caught up (full)' }).first()]
    await entry.locator('summary').click()
    await entry.getByText('"type": "caught-up"').waitFor()
    await tab.send('/count 5')
    await tab.idle()
    await entry.getByText('"type": "caught-up"').waitFor()
  })
})

function stats(tab: DemoPage) {
  return tab.page.evaluate((id) => window.caughtup!.client.session(id).stats(), tab.sessionId)
}
