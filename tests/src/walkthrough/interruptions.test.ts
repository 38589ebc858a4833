import path from 'node:path'

import { describe, expect, test } from 'vitest'

import { skipBrowserTests } from '../browser/browser.ts'
import { countedTo, DemoPage } from './demo-page.ts'
import { DemoProcess, temporaryFolder } from './demo-process.ts'
import { withDemo } from './with-demo.ts'

describe.skipIf(skipBrowserTests())('what interrupts a page', () => {
  const demo = withDemo()

  test('after kill -9 all shown text is kept, the run is lost, and a new prompt works', async () => {
    const own = temporaryFolder()
    const database = path.join(own.path, 'demo.db')
    let server = await DemoProcess.start({ database })
    const tab = await DemoPage.openNew(demo.browser, server.url)
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

  test.each(['websocket', 'sse'])(
    'ten cuts during an answer over %s leave its text exact',
    async (transport) => {
      const tab = await DemoPage.openNew(demo.browser, `${demo.url}?transport=${transport}`)
      // Longer than the cuts take on any machine.
      await tab.send('/count 30000 300')
      for (let cut = 1; cut <= 10; cut++) {
        await tab.live()
        // After more than a second's text the view considers the stream stable and reconnects at once.
        await tab.answered((await tab.answer()).length + 2_000)
        expect((await tab.snapshot()).run).toBeDefined()
        await tab.cut()
      }
      await tab.page.getByTestId('stop').click()
      await tab.idle()
      const answer = await tab.answer()
      expect(answer.length).toBeGreaterThan(20_000)
      expect(countedTo(30_000).startsWith(answer)).toBe(true)
      await expect.poll(() => tab.shownAnswer()).toContain(answer.trimEnd())
      const { messages, connection } = await tab.snapshot()
      expect(messages).toHaveLength(2)
      expect(connection.lastReplay?.mode).toBe('since')
      const fresh = await DemoPage.open(demo.browser, demo.url, tab.sessionId)
      expect((await fresh.snapshot()).messages).toEqual(messages)
      await fresh.close()
      await tab.close()
    },
  )

  test('a page of another protocol than the server says so, and is right again after its Reload button', async () => {
    const tab = await DemoPage.openNew(demo.browser, `${demo.url}?transport=sse`)
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
})
