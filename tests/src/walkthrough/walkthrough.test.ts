import path from 'node:path'

import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import { launchBrowser, skipBrowserTests } from '../browser/browser.ts'
import { countedTo, DemoPage } from './demo-page.ts'
import { DemoProcess, temporaryFolder } from './demo-process.ts'

// A walk through the demo, in a real browser against a real server process. Time limits are three
// times the promised ones, because the machines that run this are shared.
describe.skipIf(skipBrowserTests())('the demo', () => {
  const folder = temporaryFolder()
  let browser: Browser
  let demo: DemoProcess

  beforeAll(async () => {
    demo = await DemoProcess.start({ database: path.join(folder.path, 'demo.db') })
    browser = await launchBrowser()
    await demo.filled()
  }, 180_000)
  afterAll(async () => {
    await browser?.close()
    await demo?.end()
    folder.remove()
  })

  test('text streams with a commit per window and at most one redraw per frame', async () => {
    const tab = await DemoPage.openNew(browser, demo.url)
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
    const tab = await DemoPage.openNew(browser, demo.url)
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
    const first = await DemoPage.openNew(browser, demo.url)
    const second = await DemoPage.open(browser, demo.url, first.sessionId)
    await first.send('/count 1500 500')
    await first.answered(1_000)
    await second.send('/think')
    const third = await DemoPage.open(browser, demo.url, first.sessionId)
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

  test('after kill -9 all shown text is kept, the run is lost, and a new prompt works', async () => {
    const own = temporaryFolder()
    const database = path.join(own.path, 'demo.db')
    let server = await DemoProcess.start({ database })
    const tab = await DemoPage.openNew(browser, server.url)
    await tab.send('/count 20000 200')
    await tab.answered(1_000)
    await server.end('SIGKILL')
    await tab.until(({ connection }) => connection.status !== 'live')
    const shown = await tab.answer()
    server = await DemoProcess.start({ database, port: server.port })
    const restartedAt = performance.now()
    await tab.idle()
    // Two leases of 5 s, and the client's reconnect.
    expect(performance.now() - restartedAt).toBeLessThan(3 * 10_000)
    const recovered = await tab.answer()
    expect(recovered.startsWith(shown)).toBe(true)
    expect(countedTo(20_000).startsWith(recovered)).toBe(true)
    const { messages } = await tab.snapshot()
    expect(messages.at(-1)?.metadata.finishReason).toBe('lost')
    expect(await tab.shownAnswer()).toContain('was cut off')
    await tab.send('/count 10')
    await tab.until(({ messages: all, run }) => all.length === 4 && !run)
    expect(await tab.answer()).toBe(countedTo(10))
    await tab.close()
    await server.end()
    own.remove()
  })

  test('a session in the background shows its mark and badge without loading its transcript', async () => {
    const elsewhere = await DemoPage.openNew(browser, demo.url)
    await elsewhere.close()
    const tab = await DemoPage.openNew(browser, demo.url)
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

  test.each(['/count 3000 200', '/stall'])(
    'stop ends %s at once and keeps its text',
    async (prompt) => {
      const tab = await DemoPage.openNew(browser, demo.url)
      await tab.send(prompt)
      await tab.answered(2)
      const stoppedAt = await tab.page.evaluate(() => Date.now())
      await tab.page.getByTestId('stop').click()
      await tab.idle()
      const { messages } = await tab.snapshot()
      const answer = messages.at(-1)
      expect(answer?.metadata.finishReason).toBe('interrupted')
      const took = (answer?.metadata.finishedAt ?? Infinity) - stoppedAt
      console.log(`Stopping ${prompt} took ${took} ms.`)
      expect(took).toBeLessThan(3 * 200)
      expect((await tab.answer()).length).toBeGreaterThanOrEqual(2)
      expect(await tab.shownAnswer()).toMatch(/was stopped/)
      await tab.close()
    },
  )

  test('closing the tab does not stop a run', async () => {
    const tab = await DemoPage.openNew(browser, demo.url)
    await tab.send('/count 1000 500')
    await tab.answered(100)
    await tab.close()
    const again = await DemoPage.open(browser, demo.url, tab.sessionId)
    await again.idle()
    expect(await again.answer()).toBe(countedTo(1_000))
    await again.close()
  })

  test('the long session opens with its newest epoch, and pages to its beginning', async () => {
    const start = await DemoPage.open(browser, demo.url)
    const long = await start.page.evaluate(async () => {
      const { rows } = await window.caughtup!.client.rpc.activity.list({ limit: 200 })
      return rows.reduce((most, row) => (row.messageCount > most.messageCount ? row : most))
    })
    await start.close()
    expect(long.messageCount).toBeGreaterThan(2_000)
    expect(long.epoch).toBeGreaterThan(2)

    const tab = await DemoPage.open(browser, demo.url, long.sessionId)
    const opened = await tab.snapshot()
    expect(new Set(opened.messages.map(({ epoch }) => epoch))).toEqual(new Set([long.epoch]))
    expect(opened.messages.length).toBeLessThanOrEqual(100)

    // First by a click, which loads one page and does not move the visible messages.
    const top = tab.page.getByTestId('transcript')
    await top.evaluate((element) => element.scrollTo({ top: 500 }))
    const first = tab.page.locator(`[data-message-id="${opened.messages[0]?.id}"]`)
    const before = await first.boundingBox()
    await tab.page.getByTestId('load-older').evaluate((button: HTMLElement) => button.click())
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

  test('after a compaction and after a reset, the live view equals a fresh load', async () => {
    const tab = await DemoPage.openNew(browser, demo.url)
    await tab.send('/count 50 1000')
    await tab.idle()
    await tab.send('What is a journal?')
    await tab.until(({ messages, run }) => messages.length === 4 && !run)
    await tab.page.getByRole('button', { name: 'Compact the context' }).click()
    await tab.until(({ epoch, run }) => epoch === 1 && !run)
    const compacted = await tab.snapshot()
    expect(compacted.messages).toMatchObject([{ metadata: { boundary: { kind: 'compaction' } } }])
    let fresh = await DemoPage.open(browser, demo.url, tab.sessionId)
    expect((await fresh.snapshot()).messages).toEqual(compacted.messages)
    expect((await fresh.snapshot()).contextUsage).toEqual(compacted.contextUsage)
    await fresh.close()

    await tab.page.getByRole('button', { name: 'Clear the context' }).click()
    await tab.page.getByRole('alertdialog').getByRole('button', { name: 'Clear context' }).click()
    await tab.until(({ epoch, run }) => epoch === 2 && !run)
    fresh = await DemoPage.open(browser, demo.url, tab.sessionId)
    expect((await fresh.snapshot()).messages).toEqual((await tab.snapshot()).messages)
    expect((await tab.snapshot()).messages).toEqual([])
    expect((await fresh.snapshot()).hasOlder).toBe(true)
    await fresh.close()
    await tab.close()
  })

  test('the buttons undo and redo turns in all tabs, and an undo stops the answer that streams', async () => {
    const tab = await DemoPage.openNew(browser, demo.url)
    const button = (name: string, disabled = false) =>
      tab.page.getByRole('button', { name, disabled, exact: true })
    await button('Undo the last turn', true).waitFor()
    await button('Redo the undone turn', true).waitFor()
    await tab.send('/count 5')
    await tab.idle()
    await tab.send('/count 3000 100')
    await tab.answered(100)
    const other = await DemoPage.open(browser, demo.url, tab.sessionId)
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
    const tab = await DemoPage.openNew(browser, demo.url)
    await tab.send('/count 5')
    await tab.idle()
    const other = await DemoPage.open(browser, demo.url, tab.sessionId)
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
    const tab = await DemoPage.openNew(browser, demo.url)
    await tab.send('/approve')
    await tab.page.getByRole('button', { name: 'Approve', exact: true }).waitFor()
    const other = await DemoPage.open(browser, demo.url, tab.sessionId)
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
    const tab = await DemoPage.openNew(browser, demo.url)
    await tab.send('/count 5')
    await tab.idle()
    const other = await DemoPage.open(browser, demo.url, tab.sessionId)
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

  test.each(['websocket', 'sse'])(
    'ten cuts during an answer over %s leave its text exact',
    async (transport) => {
      const tab = await DemoPage.openNew(browser, `${demo.url}?transport=${transport}`)
      await tab.send('/count 6000 300')
      for (let cut = 1; cut <= 10; cut++) {
        await tab.live()
        // After more than a second's text the view considers the stream stable and reconnects at once.
        await tab.answered((await tab.answer()).length + 2_000)
        expect((await tab.snapshot()).run).toBeDefined()
        await tab.cut()
      }
      await tab.idle()
      expect(await tab.answer()).toBe(countedTo(6_000))
      expect(await tab.shownAnswer()).toContain(countedTo(6_000))
      const { messages, connection } = await tab.snapshot()
      expect(messages).toHaveLength(2)
      expect(connection.lastReplay?.mode).toBe('since')
      await tab.close()
    },
  )

  test('a page of another protocol than the server says so, and is right again after its Reload button', async () => {
    const tab = await DemoPage.openNew(browser, `${demo.url}?transport=sse`)
    await tab.live()
    // As after an update of the server.
    await tab.page.route('**/rpc/**', (route) =>
      route.continue({ headers: { ...route.request().headers(), 'caughtup-protocol': '2' } }),
    )
    await tab.cut()
    const reload = tab.page.getByRole('button', { name: 'Reload' })
    await reload.waitFor()
    await tab.page.unroute('**/rpc/**')
    await reload.click()
    await reload.waitFor({ state: 'detached' })
    await tab.page.waitForFunction(() => window.caughtup)
    await tab.live()
    await tab.send('/count 3 100')
    await tab.answered(5)
    await tab.close()
  })

  test('bad input to any procedure is a typed error, stores nothing, and the server keeps working', async () => {
    const tab = await DemoPage.openNew(browser, demo.url)
    const count = () =>
      tab.page.evaluate(
        async () => (await window.caughtup!.client.rpc.activity.list({ limit: 200 })).rows.length,
      )
    const before = await count()
    const ofSession = [
      'onChat',
      'sessions/get',
      'sessions/update',
      'sessions/delete',
      'sessions/fork',
      'messages/send',
      'messages/edit',
      'messages/delete',
      'runs/interrupt',
      'history/loadMore',
      'history/compact',
      'history/reset',
      'messages/retry',
      'messages/resend',
      'messages/prompts',
      'messages/versions',
      'messages/choose',
      'runs/respond',
      'runs/updateQueued',
      'history/undo',
      'history/redo',
      'history/truncate',
      'history/erase',
      'activity/markRead',
      'usage/get',
      'usage/epochs',
    ]
    const more: Record<string, object> = {
      onChat: { mode: { type: 'full' } },
      'sessions/update': { title: 'x' },
      'sessions/fork': { from: 'x' },
      'messages/send': { text: 'x' },
      'messages/edit': { messageId: 'x', text: 'x' },
      'messages/resend': { messageId: 'x', text: 'x' },
      'runs/respond': { runId: 'x', toolCallId: 'x', approved: true },
      'runs/updateQueued': { runId: 'x', text: 'x' },
      'messages/versions': { messageId: 'x' },
      'messages/choose': { messageId: 'x' },
      'messages/delete': { messageId: 'x' },
      'history/erase': { messageIds: ['x'] },
      'activity/markRead': { upTo: 1 },
    }
    const valid = { sessionId: tab.sessionId }
    const calls: [string, string, string][] = [
      ...ofSession.flatMap((procedure): [string, string, string][] => [
        [procedure, JSON.stringify({ json: { ...more[procedure], sessionId: 7 } }), 'BAD_INPUT'],
        [
          procedure,
          JSON.stringify({ json: { ...more[procedure], sessionId: 'no-such' } }),
          'NOT_FOUND',
        ],
        [procedure, '{"json":', 'BAD_INPUT'],
      ]),
      ['sessions/list', JSON.stringify({ json: { limit: 10_000 } }), 'BAD_INPUT'],
      ['sessions/list', JSON.stringify({ json: { cursor: 'broken' } }), 'BAD_INPUT'],
      ['sessions/create', JSON.stringify({ json: { title: 'x'.repeat(201) } }), 'BAD_INPUT'],
      ['activity/list', JSON.stringify({ json: { more: 1 } }), 'BAD_INPUT'],
      ['activity/subscribe', JSON.stringify({ json: { since: 7 } }), 'BAD_INPUT'],
      ['server/stats', JSON.stringify({ json: 'x' }), 'BAD_INPUT'],
      [
        'onChat',
        JSON.stringify({ json: { ...valid, mode: { type: 'since', cursor: '?' } } }),
        'BAD_INPUT',
      ],
      [
        'messages/send',
        JSON.stringify({ json: { ...valid, text: 'x'.repeat(300_000) } }),
        'TOO_LARGE',
      ],
      [
        'messages/send',
        JSON.stringify({ json: { ...valid, text: 'x'.repeat(2_000_000) } }),
        'TOO_LARGE',
      ],
      ['no/such', '{}', 'NOT_FOUND'],
    ]
    const codes = await tab.page.evaluate(async (all) => {
      const answers: string[] = []
      for (const [procedure, body] of all) {
        const response = await fetch(`/rpc/${procedure}`, {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body,
        })
        const { json } = (await response.json()) as { json: { code: string } }
        answers.push(`${procedure} ${response.status} ${json.code}`)
      }
      return answers
    }, calls)
    const status = { BAD_INPUT: 400, NOT_FOUND: 404, TOO_LARGE: 413 }
    expect(codes).toEqual(
      calls.map(
        ([procedure, , code]) => `${procedure} ${status[code as keyof typeof status]} ${code}`,
      ),
    )
    expect(await count()).toBe(before)
    expect((await tab.snapshot()).messages).toEqual([])
    expect((await fetch(`${demo.url}healthz`)).status).toBe(200)
    await tab.send('/count 5')
    await tab.idle()
    expect(await tab.answer()).toBe(countedTo(5))
    await tab.close()
  })

  test('another user sees another list, over the transport that the page chooses', async () => {
    const titles = (tab: DemoPage) =>
      tab.page.evaluate(async () => {
        const { rows } = await window.caughtup!.client.rpc.activity.list({ limit: 200 })
        return rows.map(({ title }) => title)
      })
    const mine = await DemoPage.open(browser, demo.url)
    const hers = await DemoPage.open(browser, `${demo.url}?as=zoe`)
    expect((await titles(mine)).length).toBeGreaterThan(0)
    expect(await titles(hers)).toEqual([])
    await mine.close()
    await hers.close()
  })

  test('/fail shows its failure and keeps its text; /tool shows a tool call', async () => {
    const tab = await DemoPage.openNew(browser, demo.url)
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
