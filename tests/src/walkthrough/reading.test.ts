import { describe, expect, test } from 'vitest'

import { skipBrowserTests } from '../browser/browser.ts'
import { DemoPage } from './demo-page.ts'
import { withDemo } from './with-demo.ts'

/**
 * Marks what the reader looks at, near the top of the transcript, once the page has come to rest: a text,
 * if there is one, or the row of a message. Not what is in a block of code: it is drawn again when its
 * colours come.
 */
function lookAt(tab: DemoPage, what: 'text' | 'row') {
  return tab.page.evaluate(async (looksAt) => {
    const texts = 'p, li, h2, h3, td'
    const find = () => {
      const looked = Array.from({ length: 20 }, (_, n) =>
        document.elementFromPoint(700, 120 + 20 * n),
      )
      const inRows = looked.filter((element) => element?.closest('[data-key]'))
      const text = looksAt === 'text' && inRows.find((element) => element?.closest(texts))
      return (text && text.closest(texts)) || inRows[0]?.closest('[data-key]')
    }
    let [before, rested] = [Number.NaN, 0]
    while (rested < 5) {
      await new Promise((resolve) => requestAnimationFrame(resolve))
      const top = find()?.getBoundingClientRect().top ?? Number.NaN
      rested = top === before ? rested + 1 : 0
      before = top
    }
    document.querySelector('[data-looked-at]')?.removeAttribute('data-looked-at')
    find()?.setAttribute('data-looked-at', '')
  }, what)
}

function whereItIs(tab: DemoPage) {
  return tab.page.evaluate(
    () => document.querySelector('[data-looked-at]')?.getBoundingClientRect().top,
  )
}

describe.skipIf(skipBrowserTests())('reading in the demo', () => {
  const demo = withDemo({ filled: true })

  async function openLong(): Promise<DemoPage> {
    const start = await DemoPage.open(demo.browser, demo.url)
    const id = await start.page.evaluate(async () => {
      const { rows } = await window.caughtup!.client.rpc.activity.list({ limit: 200 })
      return rows.reduce((most, row) => (row.messageCount > most.messageCount ? row : most))
        .sessionId
    })
    await start.close()
    const tab = await DemoPage.open(demo.browser, demo.url, id)
    await tab.page.getByTestId('message').last().waitFor()
    return tab
  }

  test('scrolling up a long session never jumps, over loaded pages and unmeasured messages', async () => {
    const tab = await openLong()
    await tab.page.mouse.move(700, 400)
    const length = (await tab.snapshot()).messages.length
    // A leap to where nothing is measured; a page comes on the way from there to the top.
    await tab.page.getByTestId('transcript').evaluate((element) => element.scrollTo({ top: 3_000 }))
    const step = 400
    for (let left = 15; left > 0;) {
      await lookAt(tab, 'text')
      const before = (await whereItIs(tab))!
      await tab.page.mouse.wheel(0, -step)
      await expect.poll(async () => Math.round(((await whereItIs(tab)) ?? NaN) - before)).toBe(step)
      if ((await tab.snapshot()).messages.length > length) left -= 1
    }
    await tab.close()
  })

  test('a compaction and a reset leave what is being read where it is', async () => {
    const tab = await openLong()
    const { epoch } = await tab.snapshot()
    await tab.page.mouse.move(700, 400)
    await tab.page.mouse.wheel(0, -900)
    await tab.page.getByRole('button', { name: 'Jump to latest' }).waitFor()
    // The row alone: what is in it may be drawn again, as code is when its colours come.
    await lookAt(tab, 'row')
    const before = await whereItIs(tab)
    await tab.page.getByRole('button', { name: 'Compact the context' }).click()
    await tab.page.waitForFunction(
      ([id, next]) => window.caughtup!.client.session(id).getSnapshot().epoch === next,
      [tab.sessionId, epoch + 1] as const,
    )
    await tab.page.getByRole('button', { name: 'Clear the context' }).click()
    await tab.page.getByRole('button', { name: 'Clear context' }).click()
    await tab.page.waitForFunction(
      ([id, next]) => {
        const snapshot = window.caughtup!.client.session(id).getSnapshot()
        return snapshot.epoch === next && snapshot.messages.length > 0 && !snapshot.loadingOlder
      },
      [tab.sessionId, epoch + 2] as const,
    )
    await expect
      .poll(async () => Math.abs(((await whereItIs(tab)) ?? Number.NaN) - before!))
      .toBeLessThan(2)
    await tab.close()
  })
})
