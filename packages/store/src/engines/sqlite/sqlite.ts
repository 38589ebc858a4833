import { assertInput } from '../../input/assert-input.ts'
import { object, oneOf, text, whole, yesOrNo } from '../../input/kinds.ts'
import type { StorageFactory } from '../../port/storage.ts'
import { Database } from './file/database.ts'
import { retryBusy } from '../../errors/retry-busy.ts'
import { SqliteStorage } from './sqlite-storage.ts'

export interface SqliteOptions {
  /** The database file, created with its folder if missing; `:memory:` for one that is not kept. */
  path: string
  /**
   * What a commit survives: `normal` the end of the process, `full` also a power cut (an fsync per
   * commit). After a power cut with `normal` the newest commits may be gone; clients notice it.
   * @default 'normal'
   */
  durability?: 'normal' | 'full'
  /**
   * The largest file, in bytes, that closing rewrites if something was erased in it, so that no byte
   * of the erased text is left. Rewriting blocks the process (a second per 100 MB, as measured) and
   * needs as much free space again. In a larger file, copies that SQLite left in unused parts of
   * pages may stay until a `VACUUM`. 0 never rewrites.
   * @default 256 MiB
   */
  rewriteBytes?: number
  /**
   * Whether no other process may have the file open meanwhile, nor another store of this one. Opening fails
   * where one has it.
   * @default false
   */
  exclusive?: boolean
}

const file = { ...text, words: 'a file, or :memory: for a database that is not kept' }

/**
 * The default engine: one SQLite file, through Node's own `node:sqlite`.
 *
 * @throws CaughtupError `BAD_INPUT` for other options; StorageError when the file cannot be opened, with
 *   `busy` where another process has it and `exclusive` is set here or there, or was written by a newer version
 */
export function sqlite(options: SqliteOptions): StorageFactory {
  assertInput('options', options, object)
  const {
    path,
    durability = 'normal',
    rewriteBytes = 256 * 1024 * 1024,
    exclusive = false,
  } = options
  assertInput('path', path, file)
  assertInput('durability', durability, oneOf('normal', 'full'))
  assertInput('rewriteBytes', rewriteBytes, whole)
  assertInput('exclusive', exclusive, yesOrNo)
  return {
    async open({ clock, random }) {
      const db = await retryBusy(clock, () => new Database({ path, durability, exclusive }))
      return new SqliteStorage(db, { clock, random, rewriteBytes })
    },
  }
}
