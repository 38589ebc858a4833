import { launchBrowser } from '@caughtup/tests/browser'
import type { Browser, CDPSession, Page } from 'playwright-core'

/** What the renderer has spent so far, in ms, as the browser's own counters have it. */
export interface Spent {
  script: number
  layout: number
  task: number
}

/** A page in a browser of its own, with what it costs. */
export class MeasuredPage {
  readonly page: Page
  readonly #browser: Browser
  readonly #devtools: CDPSession
  /** Of all responses, as they came over the network. */
  bytes = 0

  private constructor(browser: Browser, page: Page, devtools: CDPSession) {
    this.#browser = browser
    this.page = page
    this.#devtools = devtools
    devtools.on('Network.dataReceived', ({ dataLength }) => {
      this.bytes += dataLength
    })
  }

  static async launch(): Promise<MeasuredPage> {
    const browser = await launchBrowser()
    const page = await browser.newPage()
    const devtools = await page.context().newCDPSession(page)
    await devtools.send('Performance.enable')
    await devtools.send('Network.enable')
    return new MeasuredPage(browser, page, devtools)
  }

  async spent(): Promise<Spent> {
    const { metrics } = await this.#devtools.send('Performance.getMetrics')
    const ms = (name: string) => 1_000 * (metrics.find((one) => one.name === name)?.value ?? 0)
    return { script: ms('ScriptDuration'), layout: ms('LayoutDuration'), task: ms('TaskDuration') }
  }

  /** The heap after what is not reachable was collected, in MB. */
  async heap(): Promise<number> {
    await this.#devtools.send('HeapProfiler.collectGarbage')
    const { usedSize } = await this.#devtools.send('Runtime.getHeapUsage')
    return usedSize / 1e6
  }

  /** Each request and each response from now on takes so much longer, in ms. */
  async delayNetwork(latency: number): Promise<void> {
    await this.#devtools.send('Network.emulateNetworkConditions', {
      offline: false,
      latency,
      downloadThroughput: -1,
      uploadThroughput: -1,
    })
  }

  close(): Promise<void> {
    return this.#browser.close()
  }
}
