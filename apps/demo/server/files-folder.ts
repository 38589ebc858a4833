import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** Where attached files are: in the given folder, or in one that is gone afterwards. */
export async function openFilesFolder(
  folder: string | undefined,
): Promise<{ path: string; close: () => Promise<void> }> {
  if (folder !== undefined) return { path: folder, close: async () => {} }
  const path = await mkdtemp(join(tmpdir(), 'caughtup-demo-'))
  return { path, close: () => rm(path, { recursive: true, force: true }) }
}
