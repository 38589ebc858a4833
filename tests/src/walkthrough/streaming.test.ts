import { describe, expect, test } from 'vitest'

import { skipBrowserTests } from '../browser/browser.ts'
import { countedTo, DemoPage } from './demo-page.ts'
import { withDemo } from './with-demo.ts'

describe.skipIf(skipBrowserTests())('answers that stream', () => {
  const demo = withDemo()

  test('text streams with a commit per window and at most one redraw per frame', async () => {
    const tab = await DemoPage.openNew(demo.browser, demo.url)
    await tab.countFrames()
    const before = await tab.serverStats()
    const startedAt = performance.now()
    await tab.send('/count 3000 1000')
    await tab.answered(1_000)
    expect(await tab.page.getByTestId('stop').isVisible()).toBe(true)
    await tab.idle()
    const seconds = (performance.now() - startedAt) / 1_000
    const after = await tab.serverStats()
    const commits = after.store.commits - before.store.commits
    expect(await tab.answer()).toBe(countedTo(3_000))
    expect(await tab.shownAnswer()).toContain(countedTo(3_000))
    expect(after.store.deltas - before.store.deltas).toBeGreaterThanOrEqual(3_000)
    expect(commits / seconds).toBeLessThan(45)
    const { notifications, frames } = await tab.page.evaluate((id) => {
      const session = window.caughtup!.client.session(id)
      return { notifications: session.stats().notifications, frames: window.framesDrawn ?? 0 }
    }, tab.sessionId)
    expect(notifications).toBeLessThanOrEqual(frames + 5)
    console.log(
      `/count 3000 1000: ${(commits / seconds).toFixed(1)} commits/s, ${(3_000 / commits).toFixed(0)} tokens per commit, ` +
        `${(notifications / seconds).toFixed(1)} notifications/s, ${(frames / seconds).toFixed(1)} frames/s`,
    )
    await tab.close()
  })

  test('a reload during an answer ends with the exact text', async () => {
    const tab = await DemoPage.openNew(demo.browser, demo.url)
    await tab.send('/count 3000 200')
    await tab.answered(2_000)
    await tab.page.reload()
    await tab.page.waitForFunction(() => window.caughtup)
    await tab.live()
    const { connection, streaming } = await tab.snapshot()
    expect(streaming).toBe(true)
    expect(['full', 'since']).toContain(connection.lastReplay?.mode)
    await tab.idle()
    expect(await tab.answer()).toBe(countedTo(3_000))
    expect(await tab.shownAnswer()).toContain(countedTo(3_000))
    await tab.close()
  })

  test('two tabs, and a third opened during an answer, show the same messages in the same order', async () => {
    const first = await DemoPage.openNew(demo.browser, demo.url)
    const second = await DemoPage.open(demo.browser, demo.url, first.sessionId)
    await first.send('/count 1500 500')
    await first.answered(1_000)
    await second.send('/think')
    const third = await DemoPage.open(demo.browser, demo.url, first.sessionId)
    const tabs = [first, second, third]
    for (const tab of tabs) {
      await tab.until(
        ({ messages, run, queue }) => messages.length === 4 && !run && queue.length === 0,
      )
    }
    const [a, b, c] = await Promise.all(tabs.map((tab) => tab.snapshot()))
    expect(b?.messages).toEqual(a?.messages)
    expect(c?.messages).toEqual(a?.messages)
    expect(a?.messages.map(({ role }) => role)).toEqual(['user', 'assistant', 'user', 'assistant'])
    for (const tab of tabs) await tab.close()
  })

  test('closing the tab does not stop a run', async () => {
    const tab = await DemoPage.openNew(demo.browser, demo.url)
    await tab.send('/count 1000 500')
    await tab.answered(100)
    await tab.close()
    const again = await DemoPage.open(demo.browser, demo.url, tab.sessionId)
    await again.idle()
    expect(await again.answer()).toBe(countedTo(1_000))
    await again.close()
  })

  test.each(['/count 3000 200', '/stall'])(
    'stop ends %s at once and keeps its text',
    async (prompt) => {
      const tab = await DemoPage.openNew(demo.browser, demo.url)
      await tab.send(prompt)
      await tab.answered(2)
      const stop = tab.page.getByTestId('stop')
      await stop.evaluate((button) => {
        const note = () => (document.documentElement.dataset['stoppedAt'] = String(Date.now()))
        button.addEventListener('click', note, { once: true })
      })
      await stop.click()
      const stoppedAt = await tab.page.evaluate(() =>
        Number(document.documentElement.dataset['stoppedAt']),
      )
      await tab.idle()
      const { messages } = await tab.snapshot()
      const answer = messages.at(-1)
      expect(answer?.metadata.finishReason).toBe('interrupted')
      const took = (answer?.metadata.finishedAt ?? Infinity) - stoppedAt
      console.log(`Stopping ${prompt} took ${took} ms.`)
      // Neither agent would end by itself in this time.
      expect(took).toBeLessThan(5_000)
      expect((await tab.answer()).length).toBeGreaterThanOrEqual(2)
      expect(await tab.shownAnswer()).toMatch(/was stopped/)
      await tab.close()
    },
  )
})
