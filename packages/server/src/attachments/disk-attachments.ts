import { Buffer } from 'node:buffer'
import { randomUUID } from 'node:crypto'
import { mkdir, open, readdir, rename, rm, stat, type FileHandle } from 'node:fs/promises'
import path from 'node:path'

import { preview } from '@caughtup/schema'

import type { AttachmentInfo, AttachmentStorage, NewAttachment } from '../host/attachments.ts'

export interface DiskAttachmentsOptions {
  /** Made when it is needed. Several processes may share it. */
  folder: string
}

/** Unfinished files of a process that died: far older than the longest upload, in ms. */
const abandonedAfter = 24 * 60 * 60 * 1000

/** How much is read at once, in bytes. */
const chunkBytes = 64 * 1024

/** Longest first line of a file, in bytes: a name of 200 characters, escaped, and an id of a principal. */
const infoBytes = 16 * 1024

/**
 * Attachments as files: `<folder>/<session>/<id>`, each with a line of JSON in front of the bytes. It is
 * written under another name and then renamed, so a file is there as a whole or not at all, and on disk
 * before `put` returns.
 */
export function diskAttachments({ folder }: DiskAttachmentsOptions): AttachmentStorage {
  if (typeof folder !== 'string' || folder === '') {
    throw new TypeError(`diskAttachments: \`folder\` must be a path, not ${preview(folder)}.`)
  }
  return new DiskAttachments(path.resolve(folder))
}

class DiskAttachments implements AttachmentStorage {
  readonly #folder: string
  /** Where files are written; a session's id cannot begin with a dot. */
  readonly #unfinished: string
  #swept: Promise<void> | undefined

  constructor(folder: string) {
    this.#folder = folder
    this.#unfinished = path.join(folder, '.unfinished')
  }

  async put(
    { sessionId, id, ...info }: NewAttachment,
    bytes: AsyncIterable<Uint8Array>,
    { signal }: { signal: AbortSignal },
  ): Promise<void> {
    const file = this.#file(sessionId, id)
    const written = path.join(this.#unfinished, randomUUID())
    await mkdir(this.#unfinished, { recursive: true })
    await (this.#swept ??= this.#sweep().catch((error: unknown) => {
      this.#swept = undefined
      throw error
    }))
    // Now, so that it is missing for the rename if the session is removed meanwhile.
    await mkdir(path.dirname(file), { recursive: true })
    try {
      await using handle = await open(written, 'wx')
      await writeAll(handle, Buffer.from(`${JSON.stringify(info)}\n`))
      for await (const chunk of bytes) {
        signal.throwIfAborted()
        await writeAll(handle, chunk)
      }
      signal.throwIfAborted()
      await handle.sync()
      await rename(written, file)
    } catch (error) {
      await rm(written, { force: true })
      throw error
    }
  }

  async get(sessionId: string, id: string) {
    const file = this.#file(sessionId, id)
    const opened = await unlessMissing(open(file, 'r'))
    if (!opened) return undefined
    await using handle = opened
    const { info, length } = await readInfo(handle, file)
    const size = (await handle.stat()).size - length
    return {
      ...info,
      size,
      bytes: ({ from, to } = { from: 0, to: size }) => read(file, length + from, length + to),
    }
  }

  async remove(sessionId: string, id: string): Promise<void> {
    await rm(this.#file(sessionId, id), { force: true })
  }

  async removeSession(sessionId: string): Promise<void> {
    await rm(this.#sessionFolder(sessionId), { recursive: true, force: true })
  }

  #file(sessionId: string, id: string): string {
    return path.join(this.#sessionFolder(sessionId), nameOf(id))
  }

  #sessionFolder(sessionId: string): string {
    return path.join(this.#folder, nameOf(sessionId))
  }

  /** Removes what dead processes left unfinished. */
  async #sweep(): Promise<void> {
    for (const name of await readdir(this.#unfinished)) {
      const file = path.join(this.#unfinished, name)
      const found = await unlessMissing(stat(file))
      if (found && found.mtimeMs < Date.now() - abandonedAfter) await rm(file, { force: true })
    }
  }
}

/**
 * An id as a name of a file. Capitals are marked, because some file systems do not tell them from small
 * letters.
 *
 * @throws TypeError for an id that could leave the folder
 */
function nameOf(id: string): string {
  if (!/^[\w-]{1,64}$/.test(id)) throw new TypeError(`${preview(id)} is not an id.`)
  return id.replaceAll(/[A-Z]/g, (letter) => `+${letter.toLowerCase()}`)
}

/** A single `write` may take only a part. */
async function writeAll(handle: FileHandle, bytes: Uint8Array): Promise<void> {
  for (let from = 0; from < bytes.byteLength;) {
    from += (await handle.write(bytes, from)).bytesWritten
  }
}

/** The line in front of the bytes, and its length with its end. */
async function readInfo(
  handle: FileHandle,
  file: string,
): Promise<{ info: AttachmentInfo; length: number }> {
  const { buffer, bytesRead } = await handle.read(Buffer.alloc(infoBytes), 0, infoBytes, 0)
  const end = buffer.subarray(0, bytesRead).indexOf('\n')
  if (end < 0) throw new Error(`${file} does not begin as an attachment does.`)
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- `put` wrote it
  const info = JSON.parse(buffer.toString('utf8', 0, end)) as AttachmentInfo
  return { info, length: end + 1 }
}

async function* read(
  file: string,
  from: number,
  to: number,
): AsyncGenerator<Uint8Array, void, void> {
  await using handle = await open(file, 'r')
  for (let at = from; at < to;) {
    const length = Math.min(chunkBytes, to - at)
    // A new buffer each time: the reader keeps the chunk.
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(length), 0, length, at)
    if (bytesRead === 0) throw new Error(`${file} ends early.`)
    at += bytesRead
    yield buffer.subarray(0, bytesRead)
  }
}

async function unlessMissing<T>(found: Promise<T>): Promise<T | undefined> {
  try {
    return await found
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    throw error
  }
}
