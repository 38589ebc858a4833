import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** Where attached files are: beside the database, or in a folder that is gone afterwards if that is in memory. */
export async function openFilesFolder(
  database: string,
): Promise<{ path: string; close: () => Promise<void> }> {
  if (database !== ':memory:') return { path: `${database}-files`, close: async () => {} }
  const path = await mkdtemp(join(tmpdir(), 'caughtup-demo-'))
  return { path, close: () => rm(path, { recursive: true, force: true }) }
}
