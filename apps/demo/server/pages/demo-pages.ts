import type { IncomingMessage, ServerResponse } from 'node:http'

import type { ChatServer, Principal } from '@caughtup/server'
import type { Store } from '@caughtup/store'
import { createRouterClient } from '@orpc/server'

import type { Filler } from '../fill/filler.ts'
import type { Repository } from '../repository/repository.ts'
import { devPage } from './dev-page.ts'
import { type Health, healthPage } from './health-page.ts'
import { killPage } from './kill-page.ts'
import { naivePage } from './naive-page.ts'
import { servePages } from './serve-pages.ts'
import { oneProcess, servedPage } from './served-page.ts'
import { sourcePage } from './source-page.ts'
import { staticFiles } from './static-files.ts'

export interface DemoPagesOptions {
  chat: ChatServer
  store: Store
  filler: Filler
  /** Whose sessions the health page counts. */
  principal: Principal
  repository: Repository
  /** The folder of the built page. */
  built: string
  /** Whether Vite serves the page from its sources instead. */
  dev: boolean
  /** Whether the server is started again when it was killed. */
  supervised: boolean
}

export interface DemoPages {
  answer: (request: IncomingMessage, response: ServerResponse) => void
  close: () => Promise<void>
}

/** Answers all requests that are not calls of the chat server: health, sources, the page itself. */
export async function demoPages(options: DemoPagesOptions): Promise<DemoPages> {
  const { chat, repository, built, dev, supervised } = options
  const app = dev ? await devPage() : { page: staticFiles(built), close: async () => {} }
  const health = healthPage(() => healthOf(options))
  const served = servedPage(() => oneProcess)
  const pages = [health, served, naivePage(chat), sourcePage(repository), app.page]
  const kill = killPage(() => () => process.kill(process.pid, 'SIGKILL'))
  return { answer: servePages(supervised ? [kill, ...pages] : pages), close: app.close }
}

async function healthOf({ chat, store, filler, principal }: DemoPagesOptions): Promise<Health> {
  const client = createRouterClient(chat.router, {
    context: { request: { headers: new Headers() } },
  })
  const { chatStreams, activityStreams, runs, uptime } = await client.server.stats()
  let sessions = 0
  for (let cursor: string | null | undefined; cursor !== null;) {
    const page = await store.activity.list(principal.id, cursor === undefined ? {} : { cursor })
    sessions += page.rows.length
    cursor = page.nextCursor
  }
  return {
    status: 'ok',
    filling: filler.filling,
    sessions,
    streams: chatStreams + activityStreams,
    runs,
    uptime,
  }
}
