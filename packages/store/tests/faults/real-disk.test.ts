import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'

import { expect, onTestFinished, test } from 'vitest'

import { testDatabase } from '../support/open-test-store.ts'
import { assertIntact } from '../support/check-database.ts'
import { ChildProgram } from './child-program.ts'
import type { DiskReport } from './disk-writer.ts'
import { openStorage } from '../support/open-storage.ts'

const KiB = 1_024
/** The number of reports without progress after which an agent counts as held back. */
const stillReports = 6

function ran(command: string, ...args: string[]): boolean {
  return spawnSync(command, args).status === 0
}

/** A new file system of that many bytes; `undefined` if mounting is not allowed. */
function mountSmall(
  bytes: number,
): { folder: string; resize: (bytes: number) => void } | undefined {
  const folder = mkdtempSync(path.join(tmpdir(), 'caughtup-small-'))
  const mounted = ran('mount', '-t', 'tmpfs', '-o', `size=${bytes}`, 'tmpfs', folder)
  const remove = () => {
    if (mounted) ran('umount', folder)
    rmSync(folder, { recursive: true, force: true })
  }
  if (!mounted) {
    remove()
    return undefined
  }
  onTestFinished(remove)
  return { folder, resize: (size) => void ran('mount', '-o', `remount,size=${size}`, folder) }
}

/** Writes during and after `hinder`, and returns the errors that the writer got. */
async function writeThrough(
  file: string,
  hinder: (pid: number) => void,
  relieve: (pid: number) => void,
): Promise<string | undefined> {
  const child = new ChildProgram(new URL('disk-writer.ts', import.meta.url), [file])
  const hear = async (): Promise<DiskReport> => JSON.parse((await child.hear()) ?? '{}')
  let report = await hear()
  hinder(child.pid)
  for (let still = 0; still < stillReports;) {
    const next = await hear()
    still = next.lastError !== undefined && next.given === report.given ? still + 1 : 0
    report = next
  }
  const { given: heldBack, lastError } = report
  expect(report.unflushedBytes).toBeGreaterThan(64 * KiB)
  relieve(child.pid)
  while (report.given === heldBack) report = await hear()
  child.tell('finish')
  for (let line = await child.hear(); line !== undefined; line = await child.hear()) {
    report = JSON.parse(line)
  }
  expect(await child.end()).toBe('over')
  expect(report.given).toBeGreaterThan(heldBack)

  assertIntact(file)
  const message = await (await openStorage(file)).message(report.sessionId, 'answer')
  let expected = ''
  while (expected.length < report.given) expected += `${expected.length} `.padEnd(4 * KiB, 'x')
  const text = message?.parts.map((part) => ('text' in part ? part.text : '')).join('')
  expect(text === expected).toBe(true)
  return lastError
}

test.skipIf(process.platform !== 'linux')(
  'a file that may not grow for a while holds the agent back, and then has everything',
  async () => {
    const limit = (pid: number, bytes: string) => {
      expect(ran('prlimit', '--pid', String(pid), `--fsize=${bytes}:`)).toBe(true)
    }
    const lastError = await writeThrough(
      testDatabase(),
      (pid) => limit(pid, String(512 * KiB)),
      (pid) => limit(pid, 'unlimited'),
    )
    expect(lastError).toMatch(/disk I\/O error|full/)
  },
  60_000,
)

test('a temporarily full file system slows the agent down, and then has everything', async ({
  skip,
}) => {
  const small = mountSmall(1_024 * KiB)
  if (!small) return skip('No file system may be mounted here.')
  const lastError = await writeThrough(
    path.join(small.folder, 'test.db'),
    () => undefined,
    () => small.resize(64 * 1_024 * KiB),
  )
  expect(lastError).toContain('full')
}, 60_000)
