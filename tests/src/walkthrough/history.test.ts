import { describe, expect, test } from 'vitest'

import { skipBrowserTests } from '../browser/browser.ts'
import { countedTo, DemoPage } from './demo-page.ts'
import { withDemo } from './with-demo.ts'

describe.skipIf(skipBrowserTests())('the history of a session', () => {
  const demo = withDemo()

  test('after a compaction and after a reset, the live view equals a fresh load', async () => {
    const tab = await DemoPage.openNew(demo.browser, demo.url)
    await tab.send('/count 50 1000')
    await tab.idle()
    await tab.send('What is a journal?')
    await tab.until(({ messages, run }) => messages.length === 4 && !run)
    await tab.page.getByRole('button', { name: 'Compact the context' }).click()
    await tab.until(({ epoch, run }) => epoch === 1 && !run)
    const compacted = await tab.snapshot()
    // The page loads the epochs before again, to keep what is being read.
    expect(compacted.messages.filter(({ epoch }) => epoch === 1)).toMatchObject([
      { metadata: { boundary: { kind: 'compaction' } } },
    ])
    await tab.page.getByText('Context compacted').waitFor()
    const shown = () => tab.page.getByTestId('message').count()
    await expect.poll(shown).toBeGreaterThan(1)
    let fresh = await DemoPage.open(demo.browser, demo.url, tab.sessionId)
    expect((await fresh.snapshot()).messages).toEqual(
      compacted.messages.filter(({ epoch }) => epoch === 1),
    )
    expect((await fresh.snapshot()).contextUsage).toEqual(compacted.contextUsage)
    await fresh.close()

    await tab.page.getByRole('button', { name: 'Clear the context' }).click()
    await tab.page.getByRole('alertdialog').getByRole('button', { name: 'Clear context' }).click()
    await tab.until(({ epoch, run }) => epoch === 2 && !run)
    fresh = await DemoPage.open(demo.browser, demo.url, tab.sessionId)
    expect((await fresh.snapshot()).messages).toEqual([])
    await tab.page.getByText('Context cleared').waitFor()
    await expect.poll(shown).toBeGreaterThan(1)
    expect((await fresh.snapshot()).hasOlder).toBe(true)
    await fresh.close()
    await tab.close()
  })

  test('the buttons undo and redo turns in all tabs, and an undo stops the answer that streams', async () => {
    const tab = await DemoPage.openNew(demo.browser, demo.url)
    const button = (name: string, disabled = false) =>
      tab.page.getByRole('button', { name, disabled, exact: true })
    await button('Undo the last turn', true).waitFor()
    await button('Redo the undone turn', true).waitFor()
    await tab.send('/count 5')
    await tab.idle()
    await tab.send('/count 3000 100')
    await tab.answered(100)
    const other = await DemoPage.open(demo.browser, demo.url, tab.sessionId)
    await button('Stop and undo the last turn').click()
    for (const each of [tab, other]) {
      await each.until(({ messages, run }) => messages.length === 2 && !run)
      await expect.poll(() => each.page.getByTestId('message').count()).toBe(2)
      expect(await each.shownAnswer()).toContain(countedTo(5))
    }
    await button('Redo the undone turn').click()
    await other.page.getByText('was stopped').waitFor()
    await button('Redo the undone turn', true).waitFor()
    await other.page.getByRole('button', { name: 'Undo the last turn' }).click()
    await tab.until(({ messages }) => messages.length === 2)
    await button('Undo the last turn').click()
    await button('Undo the last turn', true).waitFor()
    await expect.poll(() => tab.page.getByTestId('message').count()).toBe(0)
    await button('Redo the undone turn').click()
    await expect.poll(() => other.page.getByTestId('message').count()).toBe(2)
    expect(await other.shownAnswer()).toContain(countedTo(5))
    await other.close()
    await tab.close()
  })

  test('a message that is deleted in one tab is gone in the other one, and after a reload', async () => {
    const tab = await DemoPage.openNew(demo.browser, demo.url)
    await tab.send('/count 5')
    await tab.idle()
    const other = await DemoPage.open(demo.browser, demo.url, tab.sessionId)
    const answer = tab.page.getByRole('article', { name: 'Assistant' })
    await answer.getByRole('button', { name: 'Delete this message' }).click()
    await tab.page.getByRole('alertdialog').getByRole('button', { name: 'Delete' }).click()
    for (const each of [tab, other]) {
      await each.until(({ messages }) => messages.length === 1)
      await each.page.getByRole('article', { name: 'Assistant' }).waitFor({ state: 'detached' })
    }
    await other.page.reload()
    await other.page.waitForFunction(() => window.caughtup)
    await other.live()
    expect((await other.snapshot()).messages.map(({ role }) => role)).toEqual(['user'])
    await other.close()
    await tab.close()
  })

  test('a tool call that asks for approval is answered in another tab, also after a reload', async () => {
    const tab = await DemoPage.openNew(demo.browser, demo.url)
    await tab.send('/approve')
    await tab.page.getByRole('button', { name: 'Approve', exact: true }).waitFor()
    const other = await DemoPage.open(demo.browser, demo.url, tab.sessionId)
    await other.page.reload()
    await other.page.waitForFunction(() => window.caughtup)
    expect((await tab.snapshot()).run).toMatchObject({ status: 'waiting' })
    await other.page.getByRole('button', { name: 'Approve', exact: true }).click()
    for (const each of [tab, other]) {
      await each.page.getByRole('article').getByText('Thank you. It begins').waitFor()
      await each.idle()
      expect(await each.page.getByRole('button', { name: 'Approve', exact: true }).count()).toBe(0)
    }
    await tab.send('/approve')
    await tab.page.getByRole('button', { name: 'Deny', exact: true }).click()
    await other.page.getByRole('article').getByText('Then I leave it alone.').waitFor()
    await other.close()
    await tab.close()
  })

  test('the buttons of an answer ask for another one, and go back and forth between them in all tabs', async () => {
    const tab = await DemoPage.openNew(demo.browser, demo.url)
    await tab.send('/count 5')
    await tab.idle()
    const other = await DemoPage.open(demo.browser, demo.url, tab.sessionId)
    const button = (name: string) => tab.page.getByRole('button', { name, exact: true })
    await button('Answer again').click()
    for (const each of [tab, other]) await each.page.getByText('2/2').waitFor()
    await tab.idle()
    await button('The version before').click()
    await other.page.getByText('1/2').waitFor()
    expect(await other.shownAnswer()).toContain(countedTo(5))
    await tab.page.getByText('1/2').waitFor()
    await button('The next version').click()
    await other.page.getByText('2/2').waitFor()
    await other.close()
    await tab.close()
  })

  test('/fail shows its failure and keeps its text; /tool shows a tool call', async () => {
    const tab = await DemoPage.openNew(demo.browser, demo.url)
    await tab.send('/fail')
    await tab.idle()
    const { messages } = await tab.snapshot()
    expect(messages.at(-1)?.metadata).toMatchObject({ finishReason: 'error' })
    expect((await tab.answer()).length).toBeGreaterThan(0)
    await tab.send('/tool')
    await tab.until(({ messages: all, run }) => all.length === 4 && !run)
    const tool = (await tab.snapshot()).messages
      .at(-1)
      ?.parts.find((part) => part.type === 'dynamic-tool')
    expect(tool).toMatchObject({ state: 'output-available' })
    await tab.close()
  })
})
