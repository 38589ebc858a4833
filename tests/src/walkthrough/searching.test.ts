import { describe, expect, onTestFinished, test } from 'vitest'

import { skipBrowserTests } from '../browser/browser.ts'
import { DemoPage } from './demo-page.ts'
import { withDemo } from './with-demo.ts'

describe.skipIf(skipBrowserTests())('finding chats and messages in the demo', () => {
  const demo = withDemo({ filled: true })

  async function open(): Promise<DemoPage> {
    const tab = await DemoPage.open(demo.browser, demo.url)
    onTestFinished(() => tab.close())
    return tab
  }

  test('a search shows chats by title, and messages of long sessions, each in its place', async () => {
    const tab = await open()
    const { page } = tab
    await page.getByTestId('session-row').first().waitFor()
    const search = page.getByRole('searchbox')
    await search.fill('commands to')
    await expect.poll(() => page.getByTestId('session-row').count()).toBe(1)

    // The first prompt of the long session is epochs away from its newest message.
    const { sessionId, id, text } = await page.evaluate(async () => {
      const { rpc } = window.caughtup!.client
      const { rows } = await rpc.activity.list({ limit: 200 })
      const long = rows.reduce((most, row) => (row.messageCount > most.messageCount ? row : most))
      const oldest = await rpc.history.loadMore({
        sessionId: long.sessionId,
        cursor: { before: 5 },
      })
      const [message] = oldest.messages
      const [part] = message!.parts
      return {
        sessionId: long.sessionId,
        id: message!.id,
        text: part?.type === 'text' ? part.text : '',
      }
    })
    await search.fill(text)
    const hits = page.getByRole('region', { name: 'Messages found' })
    await hits.locator(`a[href="#/s/${sessionId}/m/${id}"]`).click()
    const message = page.locator(`[data-message-id="${id}"]`)
    await message.waitFor()
    const inView = async () => {
      const { y } = (await message.boundingBox())!
      return y > 60 && y < 250
    }
    await expect.poll(inView).toBe(true)

    // Reading on loads the next pages; the button leads to the present.
    await page.mouse.move(700, 400)
    const last = () => page.getByRole('article').last().getAttribute('aria-posinset')
    const before = Number(await last())
    await expect
      .poll(async () => {
        await page.mouse.wheel(0, 2_000)
        return Number(await last())
      })
      .toBeGreaterThan(Math.max(before, 50))
    await page.getByRole('button', { name: 'Jump to latest' }).click()
    await page.waitForFunction((hash) => location.hash === hash, `#/s/${sessionId}`)
    await page.getByRole('button', { name: 'Jump to latest' }).waitFor({ state: 'detached' })
  })

  test('of 100 chats only those near the visible ones are in the page, and keys reach all', async () => {
    const tab = await open()
    const { page } = tab
    await page.evaluate(async () => {
      const { rpc } = window.caughtup!.client
      for (let n = 0; n < 100; n++) await rpc.sessions.create({ title: `Chat ${n}` })
    })
    const rows = page.getByTestId('session-row')
    await page.getByText('Chat 99').waitFor()
    expect(await rows.count()).toBeLessThan(50)
    await rows.first().locator('a').focus()
    await page.keyboard.press('End')
    const focused = () => page.evaluate(() => document.activeElement?.closest('li')?.ariaPosInSet)
    await expect.poll(focused).toBe(String(await rows.first().getAttribute('aria-setsize')))
    await page.keyboard.press('Home')
    await expect.poll(focused).toBe('1')
    await page.keyboard.press('ArrowDown')
    await expect.poll(focused).toBe('2')
    expect(await rows.count()).toBeLessThan(50)
  })
})
