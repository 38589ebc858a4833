import { readConfig } from '../../../apps/demo/server/config/config.ts'
import { diskAttachments } from '../../../packages/server/src/disk-attachments.ts'
import { createStore } from '../../../packages/store/src/index.ts'
import { memory } from '../../../packages/store/src/engines/memory/index.ts'
import {
  postgres,
  type PostgresOptions,
} from '../../../packages/store/src/engines/postgres/index.ts'
import { sqlite, type SqliteOptions } from '../../../packages/store/src/engines/sqlite/index.ts'

/** One object of options, as a user passes it to one call. */
export interface Section {
  title: string
  intro: string
  interface: string
  /** Uses the options for real: what it throws says what a wrong value should have been. */
  attempt?: (options: object) => unknown
}

export const sections: readonly Section[] = [
  {
    title: 'The store',
    intro: '`createStore({ … })` of `@caughtup/store`.',
    interface: 'StoreOptions',
    attempt: async (options) => (await createStore({ storage: memory(), ...options })).close(),
  },
  {
    title: 'The SQLite engine',
    intro: '`sqlite({ … })` of `@caughtup/store/sqlite`. The memory engine has no options.',
    interface: 'SqliteOptions',
    attempt: (options) => sqlite({ path: ':memory:', ...options } satisfies SqliteOptions),
  },
  {
    title: 'The PostgreSQL engine',
    intro: '`postgres({ … })` of `@caughtup/store/postgres`. It needs a pool or an address.',
    interface: 'PostgresOptions',
    attempt: (options) =>
      postgres({ url: 'postgresql://localhost', ...options } satisfies PostgresOptions),
  },
  {
    title: 'The server',
    intro:
      '`createChatServer({ … })` of `@caughtup/server`. Its limits are the store’s. What `chat.fetch`, `chat.nodeHandler` and `attachWebSocket` need, they take from here.',
    interface: 'ChatServerOptions',
  },
  {
    title: 'An HTTP server for it alone',
    intro: '`serve(chat, { … })` of `@caughtup/server/node`.',
    interface: 'ServeOptions',
  },
  {
    title: 'The client',
    intro: '`createChatClient({ … })` of `@caughtup/web-client`.',
    interface: 'ChatClientOptions',
  },
  {
    title: 'The link over HTTP',
    intro: '`sse({ … })` of `@caughtup/web-client`.',
    interface: 'SseOptions',
  },
  {
    title: 'The link over a WebSocket',
    intro: '`webSocket({ … })` of `@caughtup/web-client`.',
    interface: 'WebSocketOptions',
  },
  {
    title: 'The link that chooses',
    intro: '`auto({ … })` of `@caughtup/web-client`.',
    interface: 'AutoOptions',
  },
  {
    title: 'Uploads',
    intro: '`uploader({ … })` of `@caughtup/web-client`.',
    interface: 'UploaderOptions',
  },
  {
    title: 'Attachments on disk',
    intro: '`diskAttachments({ … })` of `@caughtup/server/disk-attachments`.',
    interface: 'DiskAttachmentsOptions',
    attempt: (options) => diskAttachments({ folder: 'attachments', ...options }),
  },
]

/** A variable of the demo's environment. */
export interface Variable {
  name: string
  text: string
  default: string
  /** Uses a value for real, as `attempt` does. */
  attempt: (value: string) => unknown
}

export function demoVariables(): Variable[] {
  const { port, host, database, tokensPerSecond, fillTurns, dev } = readConfig({}, [], '/')
  if (dev) throw new Error('The demo is not to be in development by default.')
  const about: [name: string, text: string, value: number | string][] = [
    ['PORT', 'The port; 0 takes a free one.', port],
    ['HOST', 'The address to listen on.', host],
    [
      'CAUGHTUP_DB',
      'The database file, relative to the repository; `:memory:` for one that is not kept; or the address of a PostgreSQL, `postgres://…`.',
      database.slice(1),
    ],
    [
      'CAUGHTUP_REDIS',
      'With PostgreSQL, a Redis that tells processes of each other’s changes.',
      '',
    ],
    [
      'CAUGHTUP_FILES',
      'The folder of attached files, relative to the repository. Not set, it is beside the database file; with PostgreSQL `.data/demo-files`.',
      '',
    ],
    [
      'DATABASE_URL',
      'With `--processes`, the PostgreSQL that they share. Not set, one starts with the demo and goes with it.',
      '',
    ],
    ['DEMO_TOKENS_PER_SECOND', 'How fast answers stream.', tokensPerSecond],
    [
      'DEMO_FILL_TURNS',
      'Prompts of the long session that an empty database is filled with; 0 leaves it empty.',
      fillTurns,
    ],
    ['OPENAI_BASE_URL', 'With the other two, an OpenAI-compatible model answers.', ''],
    ['OPENAI_API_KEY', 'Its key.', ''],
    ['OPENAI_MODEL', 'The name of the model.', ''],
  ]
  const postgresUrl = { CAUGHTUP_DB: 'postgres://localhost' }
  const model = { OPENAI_BASE_URL: 'http://localhost', OPENAI_API_KEY: 'x', OPENAI_MODEL: 'x' }
  return about.map(([name, text, value]) => ({
    name,
    text,
    default: value === '' ? 'none' : `\`${value}\``,
    attempt: (given) => readConfig({ ...postgresUrl, ...model, [name]: given }, [], '/'),
  }))
}
