import { createHash } from 'node:crypto'
import { copyFileSync, existsSync, globSync, mkdirSync, mkdtempSync } from 'node:fs'
import { readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'

import type { Store } from '@caughtup/store'

import { openStore } from './answer.ts'

const root = fileURLToPath(new URL('../../../', import.meta.url))
const kept = path.join(tmpdir(), 'caughtup-benches')
/** What decides, with the filling function, on the content of a database. */
const sources = 'packages/{schema,store}/src/**/*.ts'

/**
 * Puts a filled database at `file`, and returns what `fill` returned, by way of JSON. To fill it takes
 * up to minutes, so it is kept in the system's folder for temporary files until the store's code changes.
 */
export async function keptDatabase<Filled>(
  name: string,
  file: string,
  fill: (store: Store) => Promise<Filled>,
): Promise<Filled> {
  const version = versionOf(fill.toString())
  const folder = path.join(kept, `${name}-${version}`)
  if (!existsSync(folder)) await make(name, folder, fill)
  copyFileSync(path.join(folder, 'database'), file)
  return JSON.parse(readFileSync(path.join(folder, 'filled.json'), 'utf8'))
}

async function make<Filled>(
  name: string,
  folder: string,
  fill: (store: Store) => Promise<Filled>,
): Promise<void> {
  mkdirSync(kept, { recursive: true })
  for (const older of readdirSync(kept)) {
    if (older.startsWith(`${name}-`)) rmSync(path.join(kept, older), { recursive: true })
  }
  // A run that is stopped meanwhile leaves nothing that looks complete.
  const making = mkdtempSync(path.join(kept, 'making-'))
  const store = await openStore(path.join(making, 'database'))
  const filled = await fill(store)
  // To its end, with no work left that would run beside what is measured.
  await store.close({ signal: new AbortController().signal })
  writeFileSync(path.join(making, 'filled.json'), JSON.stringify(filled))
  renameSync(making, folder)
}

function versionOf(filling: string): string {
  const hash = createHash('sha256').update(filling)
  for (const file of globSync(sources, { cwd: root }).toSorted()) {
    if (!file.endsWith('.test.ts')) hash.update(readFileSync(path.join(root, file)))
  }
  return hash.digest('hex').slice(0, 12)
}
