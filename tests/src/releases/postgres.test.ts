import path from 'node:path'

import { postgresSchema } from '@caughtup/local-services/postgres'
import { postgres } from '@caughtup/store/postgres'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import { goesOn } from './goes-on.ts'
import { type Opened, reopen } from './host/opened.ts'
import { readShown } from './host/shown.ts'
import { type Dump, loadDump } from './recorded/dump.ts'
import { lacking } from './recorded/lacking.ts'
import { type Expected, readJson, releases } from './recorded/releases.ts'
import { resumesStrictly } from './resumes-strictly.ts'

describe.each(releases())('the PostgreSQL tables of $version', ({ folder, readAt }) => {
  const recorded = path.join(folder, 'postgres')
  const expected = readJson<Expected>(path.join(recorded, 'expected.json'))
  let made: Awaited<ReturnType<typeof postgresSchema>>
  let opened: Opened

  beforeAll(async () => {
    made = await postgresSchema()
    const { pool, schema } = made
    await loadDump(pool, schema, readJson<Dump>(path.join(recorded, 'tables.json')))
    // Nothing is uploaded, so the folder stays as it is.
    opened = await reopen(postgres({ pool, schema }), {
      readAt,
      files: path.join(recorded, 'files'),
    })
  })
  afterAll(async () => {
    await opened?.close()
    await made?.remove()
  })

  test('show in every list, view, page, version, ledger, search and journal what they showed then', async () => {
    expect(lacking(expected.shown, await readShown(opened.host))).toEqual([])
  })

  test('bring every device up to date from where it went away, strictly after its place', async () => {
    expect(expected.devices.length).toBeGreaterThan(10)
    for (const device of expected.devices) {
      await resumesStrictly(opened.host, device, expected.shown)
    }
  })

  test('are written on: what waited, was lost, hidden, imported and owed then goes on', async () => {
    await goesOn(opened)
  })
})
