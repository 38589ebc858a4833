import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'

import { describe, test } from 'vitest'

import { storageConformance } from '../../conformance/index.ts'
import { sqlite } from './index.ts'

async function open() {
  const folder = mkdtempSync(path.join(tmpdir(), 'caughtup-'))
  const copy = path.join(folder, 'copy.db')
  return {
    factory: sqlite({ path: path.join(folder, 'test.db') }),
    backup: { path: copy, factory: sqlite({ path: copy }) },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  }
}

describe('conformance', () => {
  for (const { title, run } of storageConformance({ open })) {
    // oxlint-disable-next-line vitest/valid-title -- each case brings its own
    test(title, run, 60_000)
  }
})
