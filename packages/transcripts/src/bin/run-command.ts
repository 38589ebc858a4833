import { createReadStream, createWriteStream, existsSync } from 'node:fs'
import { access, constants, rename, rm, stat } from 'node:fs/promises'
import { Readable, type Writable } from 'node:stream'
import { pipeline } from 'node:stream/promises'

import { CaughtupError } from '@caughtup/schema'
import { createStore, type Store } from '@caughtup/store'
import { sqlite } from '@caughtup/store/sqlite'

import { badValue } from '../base/values.ts'
import type { ExportCommand, ImportCommand, Whose } from './command.ts'
import { copyDatabase } from './copy-database.ts'
import { exportLines } from './export-lines.ts'
import { help } from './help.ts'
import { importFile, type ImportTarget } from './import-file.ts'
import { parseCommand } from './parse-command.ts'
import { type ExitCode, Report } from './report.ts'

export interface Streams {
  stdin: AsyncIterable<Uint8Array>
  /** Receives the session ids of an import, or the lines of an export. */
  stdout: Writable
  /** Receives omissions, failures and sums. */
  stderr: Writable
}

/** Runs the command in the arguments after the program's name, and returns the exit code. */
export async function runCommand(args: readonly string[], streams: Streams): Promise<ExitCode> {
  const report = new Report((text) => streams.stderr.write(text))
  try {
    const command = parseCommand(args)
    switch (command.do) {
      case 'help':
        streams.stdout.write(help)
        break
      case 'import':
        await runImport(command, streams, report)
        break
      case 'export':
        await runExport(command, streams, report)
        break
      case 'copy':
        await copyDatabase(command, report)
        break
    }
  } catch (error) {
    report.failed('caughtup', error)
    if (error instanceof CaughtupError && error.code === 'BAD_INPUT')
      report.say('Run caughtup --help for usage.')
  }
  return report.exitCode
}

async function runImport(
  { db, whose, files, title, format, final, created, recency, unread }: ImportCommand,
  { stdin, stdout }: Streams,
  report: Report,
): Promise<void> {
  const readable: string[] = []
  for (const name of files) {
    try {
      if (name !== '-') await assertReadable(name)
      readable.push(name)
    } catch (error) {
      report.failed(name, error)
    }
  }
  if (readable.length === 0) return
  await withStore(db, async (store) => {
    await assertMember(store, whose)
    const target: ImportTarget = {
      session: async (found, { createdAt }) => {
        if (whose.session !== undefined) return whose.session
        const { owner } = whose
        const short = found.slice(0, store.limits.titleLength)
        const began = created ?? createdAt
        const times = began === undefined ? {} : { createdAt: began }
        return (await store.sessions.create({ owner, title: title ?? short, ...times })).id
      },
      reconcile: (sessionId, rows, times) => {
        const used = recency ?? times.recency
        return store.reconcile(sessionId, rows, {
          ...(used !== undefined && { recency: used }),
          ...(!unread && whose.owner !== undefined && { readBy: [whose.owner] }),
        })
      },
    }
    const printed = new Set<string>()
    const imported = (sessionId: string) => {
      if (!printed.has(sessionId)) stdout.write(`${sessionId}\n`)
      printed.add(sessionId)
    }
    for (const name of readable) {
      const file = { name, bytes: name === '-' ? stdin : createReadStream(name) }
      try {
        await importFile(file, target, report, { imported, final, ...(format && { format }) })
      } catch (error) {
        report.failed(name, error)
      }
    }
  })
}

async function runExport(
  command: ExportCommand,
  { stdout }: Streams,
  report: Report,
): Promise<void> {
  const { db, whose, out } = command
  if (!existsSync(db)) {
    throw new CaughtupError('NOT_FOUND', `There is no database at ${db}.`, {
      field: '--db',
      value: db,
    })
  }
  await withStore(db, async (store) => {
    await assertMember(store, whose)
    const lines = Readable.from(exportLines(store, command, report))
    if (out === undefined) await writeUntilClosed(stdout, lines)
    else await writeWhole(out, lines)
  })
  report.reportShared()
}

/**
 * Checks without opening the file, because a pipe can be opened only once.
 *
 * @throws CaughtupError `BAD_INPUT` for a folder; an error of the file system for an unreadable file
 */
async function assertReadable(file: string): Promise<void> {
  await access(file, constants.R_OK)
  if (!(await stat(file)).isDirectory()) return
  throw badValue('FILE', file, 'a file, not a folder')
}

/** Writes until the reader closes the pipe, as `head` does when it has enough. */
async function writeUntilClosed(stdout: Writable, lines: Readable): Promise<void> {
  try {
    await pipeline(lines, stdout, { end: false })
  } catch (error) {
    const isClosed = error instanceof Error && 'code' in error && error.code === 'EPIPE'
    if (!isClosed) throw error
  }
}

/** Writes a file that appears, or replaces an older one, only when it is complete. */
async function writeWhole(file: string, lines: Readable): Promise<void> {
  const part = `${file}.part`
  try {
    await pipeline(lines, createWriteStream(part))
    await rename(part, file)
  } catch (error) {
    await rm(part, { force: true })
    throw error
  }
}

/** @throws CaughtupError `NOT_FOUND` if the session does not exist, or the owner is not a member */
async function assertMember(store: Store, { session, owner }: Whose): Promise<void> {
  if (session === undefined) return
  if (owner !== undefined) await store.sessions.get(session, owner)
  else await store.head(session)
}

async function withStore(path: string, work: (store: Store) => Promise<void>): Promise<void> {
  const store = await createStore({ storage: sqlite({ path }) })
  try {
    await work(store)
  } finally {
    await store.close()
  }
}
