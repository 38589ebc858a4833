import type { ChatClient, SessionSnapshot } from '@caughtup/web-client'
import type { Browser, Page } from 'playwright-core'

declare global {
  interface Window {
    caughtup?: {
      client: ChatClient
      network: { cut(): void; forceOffline(offline: boolean): void }
    }
    /** Animation frames since `countFrames`. */
    framesDrawn?: number
  }
}

/** The text of `/count n`. */
export function countedTo(n: number): string {
  return Array.from({ length: n }, (_, i) => i + 1).join(' ')
}

/** A tab with the demo: drives it as a user would, and reads its state. */
export class DemoPage {
  readonly page: Page
  sessionId = ''

  private constructor(page: Page) {
    this.page = page
  }

  /** Opens a tab with its own storage, at a session or at the start page. */
  static async open(browser: Browser, url: string, sessionId?: string): Promise<DemoPage> {
    // `until` compiles its predicate in the page, which the page's policy forbids.
    const options = { viewport: { width: 1200, height: 800 }, bypassCSP: true }
    const demo = new DemoPage(await browser.newPage(options))
    demo.page.setDefaultTimeout(60_000)
    await demo.page.goto(sessionId === undefined ? url : `${url}#/s/${sessionId}`)
    await demo.page.waitForFunction(() => window.caughtup)
    if (sessionId !== undefined) {
      demo.sessionId = sessionId
      await demo.live()
    }
    return demo
  }

  /** Opens a tab at a new session. */
  static async openNew(browser: Browser, url: string): Promise<DemoPage> {
    const start = await DemoPage.open(browser, url)
    const id = await start.page.evaluate(async () => {
      const session = await window.caughtup?.client.rpc.sessions.create({})
      return session?.id
    })
    await start.close()
    if (id === undefined) throw new Error('The demo page has no client.')
    return DemoPage.open(browser, url, id)
  }

  close(): Promise<void> {
    return this.page.close()
  }

  async send(text: string): Promise<void> {
    const composer = this.page.getByTestId('composer')
    await composer.fill(text)
    await composer.press('Enter')
  }

  snapshot(): Promise<SessionSnapshot> {
    return this.page.evaluate((id) => {
      const snapshot = window.caughtup?.client.session(id).getSnapshot()
      if (!snapshot) throw new Error('The page has no client.')
      return snapshot
    }, this.sessionId)
  }

  /** The text of the newest answer in the view. */
  async answer(): Promise<string> {
    const { messages } = await this.snapshot()
    const answer = messages.findLast(({ role }) => role === 'assistant')
    return (answer?.parts ?? []).map((part) => (part.type === 'text' ? part.text : '')).join('')
  }

  /** The text of the newest answer on the page. */
  async shownAnswer(): Promise<string> {
    const answer = this.page.locator('[data-testid=message][data-role=assistant]').last()
    return (await answer.innerText()).replaceAll(/\s+/g, ' ')
  }

  live(): Promise<void> {
    return this.until(({ connection }) => connection.status === 'live')
  }

  /** Waits until no run is active and the newest message is a finished answer. */
  async idle(): Promise<void> {
    await this.until(
      ({ run, messages, connection, pending }) =>
        connection.status === 'live' &&
        run === undefined &&
        pending.length === 0 &&
        messages.at(-1)?.role === 'assistant' &&
        messages.at(-1)?.status === 'done',
    )
  }

  /** Cuts the page's connections, and waits until the session's stream has been requested again. */
  async cut(): Promise<void> {
    await this.page.evaluate(async (id) => {
      const { client, network } = window.caughtup!
      const session = client.session(id)
      const { connects } = session.stats()
      network.cut()
      while (session.stats().connects === connects) {
        await new Promise((resolve) => requestAnimationFrame(resolve))
      }
    }, this.sessionId)
  }

  /** Waits until the newest answer has at least `length` characters. */
  async answered(length: number): Promise<void> {
    await this.page.waitForFunction(
      ([id, least]) => {
        const { messages } = window.caughtup!.client.session(id).getSnapshot()
        const [part] = messages.findLast(({ role }) => role === 'assistant')?.parts ?? []
        return part?.type === 'text' && part.text.length >= least
      },
      [this.sessionId, length] as const,
    )
  }

  /** Waits until the snapshot satisfies a predicate, which runs in the page and cannot use outer variables. */
  async until(predicate: (snapshot: SessionSnapshot) => boolean): Promise<void> {
    const snapshot = `window.caughtup?.client.session('${this.sessionId}').getSnapshot()`
    await this.page.waitForFunction(`(${predicate.toString()})(${snapshot})`)
  }

  /** Counts animation frames from now on. */
  countFrames(): Promise<void> {
    return this.page.evaluate(() => {
      window.framesDrawn = 0
      const count = () => {
        window.framesDrawn = (window.framesDrawn ?? 0) + 1
        requestAnimationFrame(count)
      }
      requestAnimationFrame(count)
    })
  }

  serverStats() {
    return this.page.evaluate(() => window.caughtup!.client.rpc.server.stats())
  }
}
