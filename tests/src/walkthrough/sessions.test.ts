import { describe, expect, test } from 'vitest'

import { skipBrowserTests } from '../browser/browser.ts'
import { countedTo, DemoPage } from './demo-page.ts'
import { withDemo } from './with-demo.ts'

describe.skipIf(skipBrowserTests())('sessions and their list', () => {
  const demo = withDemo({ filled: true })

  test('a session in the background shows its mark and badge without loading its transcript', async () => {
    const elsewhere = await DemoPage.openNew(demo.browser, demo.url)
    await elsewhere.close()
    const tab = await DemoPage.openNew(demo.browser, demo.url)
    const sendElsewhere = (text: string) =>
      tab.page.evaluate(
        ([sessionId, prompt]) =>
          window.caughtup!.client.rpc.messages.send({ sessionId, text: prompt }),
        [elsewhere.sessionId, text] as const,
      )
    const row = (state: string) =>
      tab.page.locator(
        `[data-testid=session-row][data-session-id="${elsewhere.sessionId}"]${state}`,
      )
    const received = () => tab.page.evaluate(() => window.caughtup!.client.stats().bytesReceived)

    const before = await received()
    await sendElsewhere('/count 3000 1000')
    await row('[data-streaming=true]').waitFor()
    await row('[data-streaming=false][data-unread="1"]').waitFor()
    const bytes = (await received()) - before
    const streamed = countedTo(3_000).length
    console.log(`A background answer of ${streamed} characters cost this page ${bytes} bytes.`)
    expect(bytes).toBeLessThan(streamed / 2)

    await sendElsewhere('/count 2000 200')
    await row('[data-streaming=true]').waitFor()
    const atOnce = await row('')
      .locator('a')
      .evaluate((link: HTMLElement, id) => {
        link.click()
        return new Promise<boolean>((resolve) =>
          requestAnimationFrame(() =>
            resolve(window.caughtup!.client.session(id).getSnapshot().streaming),
          ),
        )
      }, elsewhere.sessionId)
    expect(atOnce).toBe(true)
    tab.sessionId = elsewhere.sessionId
    await tab.idle()
    expect(await tab.answer()).toBe(countedTo(2_000))
    await row('[data-unread="0"]').waitFor()
    await tab.close()
  })

  test('the long session opens with its newest epoch, and pages to its beginning', async () => {
    const start = await DemoPage.open(demo.browser, demo.url)
    const long = await start.page.evaluate(async () => {
      const { rows } = await window.caughtup!.client.rpc.activity.list({ limit: 200 })
      return rows.reduce((most, row) => (row.messageCount > most.messageCount ? row : most))
    })
    await start.close()
    expect(long.messageCount).toBeGreaterThanOrEqual(1_000)
    expect(long.epoch).toBeGreaterThan(2)

    const tab = await DemoPage.open(demo.browser, demo.url, long.sessionId)
    const opened = await tab.snapshot()
    expect(new Set(opened.messages.map(({ epoch }) => epoch))).toEqual(new Set([long.epoch]))
    expect(opened.messages.length).toBeLessThanOrEqual(100)

    // First near its top, where one page is loaded ahead and does not move the visible messages.
    const top = tab.page.getByTestId('transcript')
    await top.evaluate((element) => element.scrollTo({ top: 500 }))
    const first = tab.page.locator(`[data-message-id="${opened.messages[0]?.id}"]`)
    const before = await first.boundingBox()
    await tab.page.waitForFunction(
      ([id, count]) => window.caughtup!.client.session(id).getSnapshot().messages.length > count,
      [tab.sessionId, opened.messages.length] as const,
    )
    await tab.page.evaluate(() => new Promise((resolve) => requestAnimationFrame(resolve)))
    const after = await first.boundingBox()
    const paged = (await tab.snapshot()).messages.length - opened.messages.length
    expect(paged).toBeGreaterThan(0)
    expect(paged).toBeLessThanOrEqual(50)
    expect(Math.abs((after?.y ?? NaN) - (before?.y ?? NaN))).toBeLessThan(40)

    // Then to the beginning.
    await tab.page.evaluate(async (id) => {
      const session = window.caughtup!.client.session(id)
      while (session.getSnapshot().hasOlder) {
        const { messages } = session.getSnapshot()
        await session.loadOlder()
        const { olderError, messages: longer } = session.getSnapshot()
        if (olderError) throw new Error(olderError.message)
        if (longer.length === messages.length) throw new Error('A page was empty.')
      }
    }, tab.sessionId)
    const { messages } = await tab.snapshot()
    const orders = messages.map(({ order }) => order)
    expect(orders).toHaveLength(long.messageCount)
    expect(orders).toEqual(orders.toSorted((a, b) => a - b))
    expect(new Set(messages.map(({ id }) => id)).size).toBe(orders.length)
    await top.evaluate((element) => element.scrollTo({ top: 0 }))
    await tab.page.getByTestId('history-start').waitFor()
    await tab.close()
  })

  test('another user sees another list, over the transport that the page chooses', async () => {
    const titles = (tab: DemoPage) =>
      tab.page.evaluate(async () => {
        const { rows } = await window.caughtup!.client.rpc.activity.list({ limit: 200 })
        return rows.map(({ title }) => title)
      })
    const mine = await DemoPage.open(demo.browser, demo.url)
    const hers = await DemoPage.open(demo.browser, `${demo.url}?as=zoe`)
    expect((await titles(mine)).length).toBeGreaterThan(0)
    expect(await titles(hers)).toEqual([])
    await mine.close()
    await hers.close()
  })
})
