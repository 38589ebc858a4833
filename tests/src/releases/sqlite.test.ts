import { cpSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { DatabaseSync } from 'node:sqlite'

import { sqlite } from '@caughtup/store/sqlite'
import { describe, expect, onTestFinished, test } from 'vitest'

import { goesOn } from './goes-on.ts'
import { lacking } from './recorded/lacking.ts'
import { type Opened, reopen } from './host/opened.ts'
import { type Expected, readJson, releases } from './recorded/releases.ts'
import { resumesStrictly } from './resumes-strictly.ts'
import { readShown } from './host/shown.ts'

describe.each(releases())('the SQLite database of $version', ({ folder, readAt }) => {
  const recorded = path.join(folder, 'sqlite')
  const expected = readJson<Expected>(path.join(recorded, 'expected.json'))

  /** A copy, which a test may write to. */
  function copied(): string {
    const copy = mkdtempSync(path.join(tmpdir(), 'caughtup-release-'))
    onTestFinished(() => rmSync(copy, { recursive: true, force: true }))
    cpSync(recorded, copy, { recursive: true })
    return copy
  }

  async function open(): Promise<Opened> {
    const copy = copied()
    const files = path.join(copy, 'files')
    const opened = await reopen(sqlite({ path: path.join(copy, 'chat.db') }), { readAt, files })
    onTestFinished(() => opened.close())
    return opened
  }

  test('shows in every list, view, page, version, ledger, search and journal what it showed then', async () => {
    const { host } = await open()
    expect(lacking(expected.shown, await readShown(host))).toEqual([])
  })

  test('brings every device up to date from where it went away, strictly after its place', async () => {
    const { host } = await open()
    expect(expected.devices.length).toBeGreaterThan(10)
    for (const device of expected.devices) await resumesStrictly(host, device, expected.shown)
  })

  test('is written on: what waited, was lost, hidden, imported and owed then goes on', async () => {
    await goesOn(await open())
  })

  test('is refused and left unchanged if its tables are of a later version', async () => {
    const file = path.join(copied(), 'chat.db')
    const db = new DatabaseSync(file)
    db.exec('PRAGMA user_version = 1000')
    db.close()
    const before = readFileSync(file)
    const opening = reopen(sqlite({ path: file }), { readAt, files: path.dirname(file) })
    await expect(opening).rejects.toThrow('use the newer version, or another file')
    expect(readFileSync(file).equals(before)).toBe(true)
  })
})

test('there is a release to read', () => {
  expect(releases().map(({ version }) => version)).toContain('0.1.0')
})
