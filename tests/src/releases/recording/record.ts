import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'

import { folderOf, writeJson } from '../recorded/releases.ts'
import { readAt, recordPostgres, recordSqlite } from './record-database.ts'
import { recordBrowser } from './record-browser.ts'
import { recordHttp } from './record-http.ts'

/** Records what the present version keeps and sends, into the folder of its name. */
export async function record(version: string): Promise<void> {
  const folder = folderOf(version)
  rmSync(folder, { recursive: true, force: true })
  for (const part of ['sqlite', 'postgres', 'http']) {
    mkdirSync(path.join(folder, part), { recursive: true })
  }
  const work = mkdtempSync(path.join(tmpdir(), 'caughtup-record-'))
  try {
    const devices = await recordSqlite(folder, work)
    await recordPostgres(folder)
    await recordHttp(folder, work, devices)
    await recordBrowser(folder)
    writeJson(path.join(folder, 'release.json'), { readAt })
  } finally {
    rmSync(work, { recursive: true, force: true })
  }
}
