import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'

import { postgresSchema } from '@caughtup/local-services/postgres'
import type { StorageFactory } from '@caughtup/store'
import { memory } from '@caughtup/store/memory'
import { postgres } from '@caughtup/store/postgres'
import { sqlite } from '@caughtup/store/sqlite'

/**
 * Every engine with an empty database, for the tests of a group: a new one for each of them would cost most of
 * the time.
 *
 * @param whenOver - takes what removes the database
 */
type OpenStorage = (whenOver: (remove: () => unknown) => void) => Promise<StorageFactory>

export const engines: [name: string, open: OpenStorage][] = [
  ['memory', async () => memory()],
  [
    'SQLite',
    async (whenOver) => {
      const folder = mkdtempSync(path.join(tmpdir(), 'caughtup-server-'))
      whenOver(() => rmSync(folder, { recursive: true, force: true }))
      return sqlite({ path: path.join(folder, 'test.db') })
    },
  ],
  [
    'PostgreSQL',
    async (whenOver) => {
      const { pool, schema, remove } = await postgresSchema()
      whenOver(remove)
      return postgres({ pool, schema })
    },
  ],
]
