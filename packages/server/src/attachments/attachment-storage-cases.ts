import { Buffer } from 'node:buffer'
import { deepStrictEqual } from 'node:assert/strict'

import type { AttachmentStorage, NewAttachment } from '../host/attachments.ts'

/** One promise of an {@link AttachmentStorage}. */
export interface AttachmentStorageCase {
  name: string
  /**
   * Rejects if the promise is broken. `open` opens the storage of the case: the same attachments at each
   * call, as in several processes, and none at the first.
   */
  run(open: () => AttachmentStorage): Promise<void>
}

const signal = new AbortController().signal

const attachment = (sessionId: string, id: string): NewAttachment => ({
  sessionId,
  id,
  mediaType: 'image/png',
  filename: 'Bild „1“ 🖼.png',
  author: 'ada@example.org',
})

async function* chunks(...texts: string[]): AsyncGenerator<Uint8Array, void, void> {
  for (const text of texts) yield Buffer.from(text)
}

const put = (storage: AttachmentStorage, sessionId: string, id: string, ...texts: string[]) =>
  storage.put(attachment(sessionId, id), chunks(...texts), { signal })

async function textOf(
  storage: AttachmentStorage,
  sessionId: string,
  id: string,
  range?: { from: number; to: number },
): Promise<string | undefined> {
  const found = await storage.get(sessionId, id, { signal })
  if (!found) return undefined
  const read: Uint8Array[] = []
  for await (const chunk of found.bytes(range)) read.push(chunk)
  return Buffer.concat(read).toString()
}

/** What the server expects of an {@link AttachmentStorage}, for any test runner. */
export const attachmentStorageCases: readonly AttachmentStorageCase[] = [
  {
    name: 'what was put is there as it was, for every process',
    async run(open) {
      await put(open(), 's', 'a', 'Hello', ', ', 'world')
      const found = await open().get('s', 'a', { signal })
      const { mediaType, filename, author } = attachment('s', 'a')
      deepStrictEqual(
        [found?.mediaType, found?.filename, found?.author, found?.size],
        [mediaType, filename, author, 12],
      )
      deepStrictEqual(await textOf(open(), 's', 'a'), 'Hello, world')
      deepStrictEqual(await textOf(open(), 's', 'a'), 'Hello, world')
    },
  },
  {
    name: 'a name is absent if none was given, and a file may be empty',
    async run(open) {
      const storage = open()
      const { filename: _, ...unnamed } = attachment('s', 'a')
      await storage.put(unnamed, chunks(), { signal })
      const found = await storage.get('s', 'a', { signal })
      deepStrictEqual([found?.filename, found?.size], [undefined, 0])
      deepStrictEqual(await textOf(storage, 's', 'a'), '')
    },
  },
  {
    name: 'a range is read from its first to before its last byte',
    async run(open) {
      const storage = open()
      await put(storage, 's', 'a', '0123', '456789')
      deepStrictEqual(await textOf(storage, 's', 'a', { from: 2, to: 6 }), '2345')
      deepStrictEqual(await textOf(storage, 's', 'a', { from: 9, to: 10 }), '9')
    },
  },
  {
    name: 'megabytes are read as they were put, and a reader may leave early',
    async run(open) {
      const storage = open()
      const part = '0123456789abcdef'.repeat(4096)
      await put(storage, 's', 'a', ...Array.from({ length: 48 }, () => part))
      const found = await storage.get('s', 'a', { signal })
      deepStrictEqual(found?.size, 48 * part.length)
      for await (const chunk of found.bytes()) {
        deepStrictEqual(Buffer.from(chunk).toString(), part.repeat(48).slice(0, chunk.byteLength))
        break
      }
      deepStrictEqual((await textOf(storage, 's', 'a')) === part.repeat(48), true)
    },
  },
  {
    name: 'sessions and ids are told apart, capitals too',
    async run(open) {
      const storage = open()
      const places = [
        ['s', 'a'],
        ['s', 'A'],
        ['S', 'a'],
        ['s_', 'a'],
        ['s-', '-'],
        ['a'.repeat(64), 'b'.repeat(64)],
      ] as const
      for (const [sessionId, id] of places) await put(storage, sessionId, id, `${sessionId}/${id}`)
      for (const [sessionId, id] of places) {
        deepStrictEqual(await textOf(storage, sessionId, id), `${sessionId}/${id}`)
      }
      deepStrictEqual(await textOf(storage, 's', 'b'), undefined)
      deepStrictEqual(await textOf(storage, 'none', 'a'), undefined)
    },
  },
  {
    name: 'of bytes that break off nothing is left, and the error is that of the bytes',
    async run(open) {
      const storage = open()
      const broken = async function* () {
        yield* chunks('half')
        throw new Error('broken off')
      }
      const failed = storage.put(attachment('s', 'a'), broken(), { signal })
      deepStrictEqual(await failed.then(String, String), 'Error: broken off')
      deepStrictEqual(await textOf(storage, 's', 'a'), undefined)
      await put(storage, 's', 'a', 'whole')
      deepStrictEqual(await textOf(storage, 's', 'a'), 'whole')
    },
  },
  {
    name: 'of an aborted upload nothing is left, and nothing is there before its end',
    async run(open) {
      const storage = open()
      const gone = new AbortController()
      const aborted = async function* () {
        yield* chunks('half')
        deepStrictEqual(await textOf(open(), 's', 'a'), undefined)
        gone.abort()
        yield* chunks('more')
      }
      const failed = storage.put(attachment('s', 'a'), aborted(), { signal: gone.signal })
      deepStrictEqual(
        await failed.then(
          () => 'stored',
          () => 'refused',
        ),
        'refused',
      )
      deepStrictEqual(await textOf(storage, 's', 'a'), undefined)
    },
  },
  {
    name: 'what was removed is gone, and a second removal does nothing',
    async run(open) {
      const storage = open()
      for (const id of ['a', 'b']) await put(storage, 's', id, id)
      await storage.remove('s', 'a')
      await storage.remove('s', 'a')
      await storage.remove('none', 'a')
      deepStrictEqual(await textOf(storage, 's', 'a'), undefined)
      deepStrictEqual(await textOf(storage, 's', 'b'), 'b')
    },
  },
  {
    name: 'with a session all of its attachments go, and no others',
    async run(open) {
      const storage = open()
      for (const id of ['a', 'b']) await put(storage, 's', id, id)
      for (const other of ['S', 's1', 't']) await put(storage, other, 'a', other)
      await storage.removeSession('s')
      await storage.removeSession('s')
      await storage.removeSession('none')
      deepStrictEqual(
        [await textOf(storage, 's', 'a'), await textOf(storage, 's', 'b')],
        [undefined, undefined],
      )
      for (const other of ['S', 's1', 't']) {
        deepStrictEqual(await textOf(storage, other, 'a'), other)
      }
      await put(storage, 's', 'a', 'again')
      deepStrictEqual(await textOf(storage, 's', 'a'), 'again')
    },
  },
]
