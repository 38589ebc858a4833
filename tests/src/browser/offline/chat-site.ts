import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'

import { type Agent, type ChatServer, createChatServer } from '@caughtup/server'
import { serve, type Serving } from '@caughtup/server/node'
import { createStore, type Store } from '@caughtup/store'
import { memory } from '@caughtup/store/memory'
import type { BrowserContext, Page } from 'playwright-core'

/** A site whose pages can always be loaded, and its chat server on another port, which can go down. */
export class ChatSite {
  readonly store: Store
  readonly #pages: Server
  readonly #agent: Agent
  #chat: ChatServer | undefined
  #serving: Serving | undefined
  #port = 0

  private constructor(store: Store, pages: Server, agent: Agent) {
    this.store = store
    this.#pages = pages
    this.#agent = agent
  }

  /** `files` takes the requests to `/files` of the pages' server. */
  static async start(
    script: string,
    agent: Agent = async function* () {},
    files?: RequestListener,
  ): Promise<ChatSite> {
    const pages = createServer((request, response) => {
      if (request.url === '/files' && files) {
        files(request, response)
        return
      }
      const isScript = request.url === '/page.js'
      const type = isScript ? 'text/javascript' : 'text/html'
      response.setHeader('content-type', `${type}; charset=utf-8`)
      response.end(
        isScript
          ? script
          : '<title>Test</title><div id="root"></div><script type="module" src="/page.js"></script>',
      )
    })
    await new Promise<void>((resolve) => pages.listen(0, '127.0.0.1', resolve))
    const site = new ChatSite(await createStore({ storage: memory() }), pages, agent)
    await site.up()
    return site
  }

  /** Starts the chat server, at the same address each time. */
  async up(): Promise<void> {
    this.#chat = createChatServer({
      store: this.store,
      agent: this.#agent,
      principal: ({ url = '' }) => ({
        id: new URL(url, 'http://localhost').searchParams.get('as') ?? 'nobody',
      }),
      origins: [this.#origin],
      drain: 0,
    })
    this.#serving = await serve(this.#chat, { port: this.#port })
    this.#port = this.#serving.port
  }

  async down(): Promise<void> {
    await this.#serving?.close()
    this.#serving = undefined
  }

  async open(
    context: BrowserContext,
    asked: { user: string; link: 'sse' | 'webSocket'; session: string; upload?: 'yes' },
    /** What the page's script leaves in the window once it runs. */
    ready = 'offlinePage',
  ): Promise<Page> {
    const page = await context.newPage()
    page.setDefaultTimeout(15_000)
    const server = `http://127.0.0.1:${this.#port}`
    const parameters = new URLSearchParams({ server, ...asked })
    await page.goto(`${this.#origin}/?${parameters.toString()}`)
    await page.waitForFunction((name) => name in window, ready)
    return page
  }

  /** The texts of the session's prompts, as they are in the journal. */
  async sent(sessionId: string): Promise<string[]> {
    const { events } = await this.store.journal.list(sessionId, { types: ['message-created'] })
    return events.flatMap((event) => {
      if (event.type !== 'message-created' || event.message.role !== 'user') return []
      const [part] = event.message.parts
      return [part?.type === 'text' ? part.text : '']
    })
  }

  async close(): Promise<void> {
    await this.down()
    await this.store.close()
    this.#pages.closeAllConnections()
    this.#pages.close()
  }

  get #origin(): string {
    const { port } = this.#pages.address() as AddressInfo
    return `http://127.0.0.1:${port}`
  }
}
