import { fileURLToPath } from 'node:url'

import { type Clock, systemClock } from '@caughtup/schema/clock'
import { createChatServer } from '@caughtup/server'
import { diskAttachments } from '@caughtup/server/disk-attachments'
import { serve } from '@caughtup/server/node'
import { createStore, type StoreOptions } from '@caughtup/store'
import { sqlite } from '@caughtup/store/sqlite'

import { fileTypes, mostFileBytes } from '../shared/file-limits.ts'
import { type DemoConfig, isPostgres } from './config/config.ts'
import { createAgent } from './create-agent.ts'
import { openFilesFolder } from './files-folder.ts'
import { fillPlan } from './fill/fill-plan.ts'
import { Filler } from './fill/filler.ts'
import { demoPages } from './pages/demo-pages.ts'
import { demoPrincipal, localPrincipal } from './principal.ts'
import { Repository } from './repository/repository.ts'
import { SearchIndex } from './repository/search-index.ts'

export interface DemoOptions {
  config: DemoConfig
  /** Root of the repository that the agents answer questions about. */
  root: string
  /** Prompts of each epoch of the long session. @default 45 */
  turnsPerEpoch?: number
  /** Whether another process starts the server again when it was killed. @default false */
  supervised?: boolean
  /** Folder of the built page. @default apps/demo/dist */
  built?: string
  /** @default the machine's clock */
  clock?: Clock
}

export interface Demo {
  /** Its address, for instance `http://127.0.0.1:4000`. */
  readonly url: string
  /** Resolves when the filling of an empty database has ended. */
  readonly filled: Promise<void>
  /** Ends runs and streams in order, commits everything, closes the database. */
  close(): Promise<void>
}

/** In effect no limit: the filling sends far more prompts in a minute than a person does. */
const sendsPerMinute = 1_000_000

/** Starts the demo. It serves requests once this resolves, and fills an empty database meanwhile. */
export async function startDemo(options: DemoOptions): Promise<Demo> {
  const { config, root, turnsPerEpoch = 45, supervised = false, clock = systemClock } = options
  const built = options.built ?? fileURLToPath(new URL('../dist', import.meta.url))
  const repository = await Repository.open(root)
  const index = new SearchIndex(repository)
  const filler = new Filler(localPrincipal)
  await using opened = new AsyncDisposableStack()
  const store = await createStore({
    ...(await storageOf(config)),
    limits: { sendsPerMinute },
    clock,
  })
  opened.defer(() => store.close())
  const files = await openFilesFolder(config.files)
  opened.defer(() => files.close())
  const chat = createChatServer({
    store,
    attachments: {
      storage: diskAttachments({ folder: files.path }),
      maxBytes: mostFileBytes,
      mediaTypes: fileTypes,
    },
    ...createAgent({ config, repository, index, filler, clock }),
    principal: (request) => filler.principalOf(request) ?? demoPrincipal(request),
    stats: () => true,
    ...(config.anyHost && { hosts: 'any' }),
  })
  opened.defer(() => chat.close())
  const pages = await demoPages({
    chat,
    store,
    filler,
    principal: localPrincipal,
    repository,
    built,
    dev: config.dev,
    supervised,
  })
  opened.defer(() => pages.close())
  const { host, port } = config
  const serving = await serve(chat, { host, port, fallback: pages.answer })
  opened.defer(() => serving.close())
  const { fillTurns: turns } = config
  if (turns > 0) {
    filler.start({ chat, store, plan: fillPlan(index.sections, { turns, turnsPerEpoch }) })
  }
  opened.defer(() => filler.stop())
  const closing = opened.move()
  return {
    url: serving.url,
    filled: filler.finished,
    close: () => closing.disposeAsync(),
  }
}

/** What is not used is not loaded. */
async function storageOf(config: DemoConfig): Promise<Pick<StoreOptions, 'storage' | 'bus'>> {
  if (!isPostgres(config.database)) return { storage: sqlite({ path: config.database }) }
  const { postgres } = await import('@caughtup/store/postgres')
  const storage = postgres({ url: config.database })
  if (config.redis === undefined) return { storage }
  const { redis } = await import('@caughtup/store/redis')
  return { storage, bus: redis({ url: config.redis }) }
}
