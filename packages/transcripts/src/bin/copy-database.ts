import { existsSync } from 'node:fs'
import path from 'node:path'

import { CaughtupError } from '@caughtup/schema'
import { systemClock } from '@caughtup/schema/clock'
import { copySessions, StorageError, type StorageFactory } from '@caughtup/store'
import { sqlite } from '@caughtup/store/sqlite'

import { badValue } from '../base/values.ts'
import type { CopyCommand } from './command.ts'
import type { Report } from './report.ts'

/** Between two lines that say how far it is, in ms. */
const tellEvery = 1_000

/**
 * Copies all sessions of a SQLite file to another database, and tells how far it is.
 *
 * @throws CaughtupError and StorageError as `copySessions` does, with words for the command line
 */
export async function copyDatabase({ from, to }: CopyCommand, report: Report): Promise<void> {
  if (!existsSync(from)) {
    throw new CaughtupError('NOT_FOUND', `There is no database at ${from}.`, {
      field: '--from',
      value: from,
    })
  }
  if ('file' in to && path.resolve(to.file) === path.resolve(from)) {
    throw badValue('--to', to.file, 'another database than that of --from')
  }
  const source = toldBusy(sqlite({ path: from, exclusive: true }), () => {
    return `Another process has ${from} open. Stop every server and program that uses it, and copy again.`
  })
  const target = toldBusy(await targetOf(to), (error) => {
    return `The database of --to cannot be opened: ${error.message}`
  })
  let toldAt = systemClock.monotonic()
  const { copied, known, unreadable } = await copySessions({
    from: source,
    to: target,
    onProgress: (progress) => {
      const now = systemClock.monotonic()
      if (now - toldAt < tellEvery) return
      toldAt = now
      const { sessionId, stretch } = progress
      report.say(`${from}: ${countOf(progress.copied)} so far, at part ${stretch} of ${sessionId}`)
    },
  })
  if (unreadable > 0) {
    report.leftOut(from, 'entries or messages that cannot be read any more were not copied')
  }
  report.say(`${from}: ${countOf(copied)}, ${known} there already`)
}

async function targetOf(to: CopyCommand['to']): Promise<StorageFactory> {
  if ('file' in to) return sqlite({ path: to.file })
  const { postgres } = await postgresEngine()
  return postgres(to)
}

/** The engine for PostgreSQL, whose driver is not installed with this package. */
async function postgresEngine() {
  try {
    return await import('@caughtup/store/postgres')
  } catch (error) {
    if (!(error instanceof Error) || !/package 'pg'/.test(error.message)) throw error
    throw new CaughtupError(
      'NOT_FOUND',
      'PostgreSQL needs the package pg, which is not installed: run npm install pg where this package is.',
      { field: '--to', reason: 'driver-missing' },
      { cause: error },
    )
  }
}

/** Opens the same database, and fails with other words where it is in use or not reached. */
function toldBusy(factory: StorageFactory, words: (error: StorageError) => string): StorageFactory {
  return {
    async open(options) {
      try {
        return await factory.open(options)
      } catch (error) {
        if (!(error instanceof StorageError) || error.failure !== 'busy') throw error
        throw new StorageError('busy', words(error), { cause: error })
      }
    },
  }
}

function countOf(sessions: number): string {
  return `${sessions} ${sessions === 1 ? 'session' : 'sessions'} copied`
}
