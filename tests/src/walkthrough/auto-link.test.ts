import { describe, expect, onTestFinished, test } from 'vitest'

import { skipBrowserTests } from '../browser/browser.ts'
import { countedTo, DemoPage } from './demo-page.ts'
import { startHttp2Proxy } from './http2-proxy.ts'
import { withDemo } from './with-demo.ts'

describe.skipIf(skipBrowserTests())('the link that a page chooses by itself', () => {
  const demo = withDemo({ args: ['--ignore-certificate-errors'] })

  /** Counts the WebSockets that the page opens, and the streams that it requests over HTTP. */
  async function openedBy(url: string) {
    const tab = await DemoPage.openNew(demo.browser, url)
    onTestFinished(() => tab.close())
    const opened = { sockets: 0, streams: 0 }
    tab.page.on('websocket', () => void (opened.sockets += 1))
    tab.page.on('request', (request) => {
      if (new URL(request.url()).pathname === '/rpc/onChat') opened.streams += 1
    })
    await tab.page.reload()
    await tab.page.waitForFunction(() => window.caughtup)
    await tab.live()
    await tab.send('/count 50 1000')
    await tab.idle()
    expect(await tab.answer()).toBe(countedTo(50))
    return opened
  }

  test('over HTTP/1.1 it is one WebSocket', async () => {
    expect(await openedBy(demo.url)).toEqual({ sockets: 1, streams: 0 })
  })

  test('over HTTP/2 it is server-sent events', async () => {
    const proxy = await startHttp2Proxy(demo.url)
    onTestFinished(proxy.close)
    expect(await openedBy(proxy.url)).toEqual({ sockets: 0, streams: 1 })
  })
})
