// Caughtup's server on SQLite, for `fork`: the database is in the folder that is given.
import path from 'node:path'

import { createStore } from '@caughtup/store'
import { sqlite } from '@caughtup/store/sqlite'

import { serveSide } from '../processes/side-process.ts'
import { limits, serveStore } from './serve-store.ts'

const [folder = ''] = process.argv.slice(2)

serveSide(async () =>
  serveStore(
    await createStore({
      storage: sqlite({ path: path.join(folder, 'chats.db') }),
      flush: { windowMs: 0 },
      limits,
    }),
  ),
)
