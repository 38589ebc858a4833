import { mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'

import { expect, onTestFinished, test } from 'vitest'

import { attachmentStorageCases } from './attachment-storage-cases.ts'
import { diskAttachments } from './disk-attachments.ts'

const never = new AbortController().signal

function testFolder(): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'caughtup-attachments-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

async function* text(...chunks: string[]) {
  for (const chunk of chunks) yield new TextEncoder().encode(chunk)
}

const info = { mediaType: 'text/plain', author: 'me' }

test.each(attachmentStorageCases.map((each) => [each.name, each] as const))(
  'on disk, %s',
  async (_, { run }) => {
    const folder = path.join(testFolder(), 'made', 'when needed')
    await run(() => diskAttachments({ folder }))
    // No case leaves an unfinished file.
    expect(readdirSync(path.join(folder, '.unfinished'))).toEqual([])
  },
)

test.each([
  '..',
  '.',
  '../other',
  'a/b',
  String.raw`a\b`,
  '',
  '.unfinished',
  'a\0',
  'x'.repeat(65),
])('the id %j leaves the folder nowhere', async (id) => {
  const folder = testFolder()
  writeFileSync(path.join(folder, 'outside'), 'outside\n')
  const storage = diskAttachments({ folder: path.join(folder, 'inside') })
  const calls = [
    () => storage.put({ sessionId: id, id: 'a', ...info }, text('x'), { signal: never }),
    () => storage.put({ sessionId: 's', id, ...info }, text('x'), { signal: never }),
    () => storage.get(id, 'a', { signal: never }),
    () => storage.get('s', id, { signal: never }),
    () => storage.remove('s', id),
    () => storage.removeSession(id),
  ]
  for (const call of calls) await expect(call()).rejects.toThrow('is not an id')
  expect(readdirSync(folder, { recursive: true })).toEqual(['outside'])
})

test('a session that is removed during an upload has no file afterwards', async () => {
  const folder = testFolder()
  const storage = diskAttachments({ folder })
  const bytes = async function* () {
    yield* text('half')
    await storage.removeSession('s')
    yield* text('more')
  }
  const put = storage.put({ sessionId: 's', id: 'a', ...info }, bytes(), { signal: never })
  await expect(put).rejects.toMatchObject({ code: 'ENOENT' })
  expect(readdirSync(folder, { recursive: true })).toEqual(['.unfinished'])
})

test('what a dead process left unfinished is removed a day later', async () => {
  const folder = testFolder()
  const put = () =>
    diskAttachments({ folder }).put({ sessionId: 's', id: 'a', ...info }, text('x'), {
      signal: never,
    })
  await put()
  const [old, young] = ['old', 'young'].map((name) => path.join(folder, '.unfinished', name))
  for (const file of [old, young]) writeFileSync(file!, 'half')
  utimesSync(old!, new Date(), new Date(Date.now() - 25 * 60 * 60 * 1000))
  await put()
  expect(readdirSync(path.join(folder, '.unfinished'))).toEqual(['young'])
})

test.each([undefined, 5, ''])('the folder %j is refused', (folder) => {
  expect(() => diskAttachments({ folder: folder as string })).toThrow('`folder` must be a path')
})
