import type { Slice } from '../../../src/port/commit.ts'
import type { Storage } from '../../../src/port/storage.ts'
import { StorageError } from '../../../src/port/storage-error.ts'

/** Commits until it is known to be made, as the store does. */
export async function persist(storage: Storage, slice: Slice) {
  for (;;) {
    try {
      return await storage.commit([slice])
    } catch (error) {
      const isPassing = error instanceof StorageError && ['busy', 'unknown'].includes(error.failure)
      if (!isPassing) throw error
    }
  }
}
