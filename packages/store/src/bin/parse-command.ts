import { parseArgs, type ParseArgsOptionsConfig } from 'node:util'

import { CaughtupError } from '@caughtup/schema'

import { badValue } from '../transcripts/bad-value.ts'
import type { TranscriptFormat } from '../transcripts/transcript.ts'
import type { Command, Whose } from './command.ts'

const place = {
  db: { type: 'string' },
  session: { type: 'string' },
  owner: { type: 'string' },
  format: { type: 'string' },
  help: { type: 'boolean', short: 'h' },
} satisfies ParseArgsOptionsConfig

/**
 * The command in the arguments that follow the program's name.
 *
 * @throws CaughtupError `BAD_INPUT` for what is not one
 */
export function parseCommand(args: readonly string[]): Command {
  const [name = '', ...rest] = args
  switch (name) {
    case 'import':
      return parseImport(rest)
    case 'export':
      return parseExport(rest)
    case '--help':
    case '-h':
    case 'help':
      return { do: 'help' }
    default:
      throw badValue('the command', name || undefined, 'import or export')
  }
}

function parseImport(args: readonly string[]): Command {
  const { values, positionals } = parse(args, {
    ...place,
    title: { type: 'string' },
    final: { type: 'boolean' },
  })
  if (values.help) return { do: 'help' }
  if (positionals.length === 0) throw badValue('FILE', undefined, 'a file, or - for standard input')
  const { title, final = false } = values
  return {
    do: 'import',
    files: positionals,
    ...placeOf(values),
    ...(title !== undefined && { title }),
    final,
  }
}

function parseExport(args: readonly string[]): Command {
  const { values, positionals } = parse(args, { ...place, out: { type: 'string' } })
  if (values.help) return { do: 'help' }
  if (positionals.length > 0) throw badValue('the argument', positionals[0], 'an option of export')
  const { out } = values
  return { do: 'export', ...placeOf(values), ...(out !== undefined && { out }) }
}

interface PlaceValues {
  db?: string | undefined
  session?: string | undefined
  owner?: string | undefined
  format?: string | undefined
}

function placeOf({ db, session, owner, format }: PlaceValues) {
  if (db === undefined || db === '') throw badValue('--db', db, 'the file of a database')
  if (format !== undefined && !isFormat(format)) throw badValue('--format', format, 'ui or openai')
  return { db, whose: whoseOf(session, owner), ...(format !== undefined && { format }) }
}

function whoseOf(session: string | undefined, owner: string | undefined): Whose {
  if (session !== undefined) return { session, ...(owner !== undefined && { owner }) }
  if (owner !== undefined) return { owner }
  throw badValue('--session or --owner', undefined, 'given')
}

function isFormat(value: string): value is TranscriptFormat {
  return value === 'ui' || value === 'openai'
}

function parse<T extends ParseArgsOptionsConfig>(args: readonly string[], options: T) {
  try {
    return parseArgs({ args: [...args], options, allowPositionals: true })
  } catch (error) {
    if (!(error instanceof TypeError)) throw error
    throw new CaughtupError('BAD_INPUT', error.message, {}, { cause: error })
  }
}
