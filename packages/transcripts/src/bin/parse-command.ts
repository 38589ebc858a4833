import { parseArgs, type ParseArgsOptionsConfig } from 'node:util'

import { CaughtupError } from '@caughtup/schema'

import { badValue } from '../base/values.ts'
import { formatNames, isFormat } from '../formats/formats.ts'
import { readTime } from '../base/read-time.ts'
import type { Command, CopyCommand, Whose } from './command.ts'

/** Of a PostgreSQL database. */
const address = /^postgres(ql)?:\/\//i

const place = {
  db: { type: 'string' },
  session: { type: 'string' },
  owner: { type: 'string' },
  format: { type: 'string' },
  help: { type: 'boolean', short: 'h' },
} satisfies ParseArgsOptionsConfig

/**
 * Parses the arguments after the program's name.
 *
 * @throws CaughtupError `BAD_INPUT` if they are not a command
 */
export function parseCommand(args: readonly string[]): Command {
  const [name = '', ...rest] = args
  switch (name) {
    case 'import':
      return parseImport(rest)
    case 'export':
      return parseExport(rest)
    case 'copy':
      return parseCopy(rest)
    case '--help':
    case '-h':
    case 'help':
      return { do: 'help' }
    default:
      throw badValue('the command', name || undefined, 'import, export or copy')
  }
}

function parseImport(args: readonly string[]): Command {
  const { values, positionals } = parse(args, {
    ...place,
    title: { type: 'string' },
    final: { type: 'boolean' },
    created: { type: 'string' },
    recency: { type: 'string' },
    unread: { type: 'boolean' },
  })
  if (values.help) return { do: 'help' }
  if (positionals.length === 0) throw badValue('FILE', undefined, 'a file, or - for standard input')
  const { title, format, final = false, unread = false } = values
  if (format !== undefined && !isFormat(format)) {
    throw badValue('--format', format, formatNames.join(', '))
  }
  const [created, recency] = [
    timeOf('--created', values.created),
    timeOf('--recency', values.recency),
  ]
  return {
    do: 'import',
    files: positionals,
    ...placeOf(values),
    ...(title !== undefined && { title }),
    ...(format !== undefined && { format }),
    ...(created !== undefined && { created }),
    ...(recency !== undefined && { recency }),
    final,
    unread,
  }
}

function parseExport(args: readonly string[]): Command {
  const { values, positionals } = parse(args, { ...place, out: { type: 'string' } })
  if (values.help) return { do: 'help' }
  if (positionals.length > 0)
    throw badValue('the argument', positionals[0], 'absent: export takes only options')
  const { out, format } = values
  if (format !== undefined && format !== 'ui' && format !== 'openai') {
    throw badValue('--format', format, 'ui or openai')
  }
  const where = out === undefined ? {} : { out }
  return { do: 'export', ...placeOf(values), ...where, ...(format !== undefined && { format }) }
}

function parseCopy(args: readonly string[]): Command {
  const { values, positionals } = parse(args, {
    from: { type: 'string' },
    to: { type: 'string' },
    schema: { type: 'string' },
    help: { type: 'boolean', short: 'h' },
  })
  if (values.help) return { do: 'help' }
  if (positionals.length > 0)
    throw badValue('the argument', positionals[0], 'absent: copy takes only options')
  const { from = '', to = '', schema } = values
  if (from === '' || address.test(from)) {
    // An address may have a password in it.
    const given = from === '' ? undefined : 'postgres://…'
    throw badValue('--from', given, 'the path of a SQLite database')
  }
  if (to === '')
    throw badValue('--to', undefined, 'an address such as postgres://user@host/db, or a file')
  return { do: 'copy', from, to: targetOf(to, schema) }
}

function targetOf(to: string, schema: string | undefined): CopyCommand['to'] {
  if (address.test(to)) return { url: to, ...(schema !== undefined && { schema }) }
  if (schema === undefined) return { file: to }
  throw badValue('--schema', schema, 'absent where --to is a file')
}

interface PlaceValues {
  db?: string | undefined
  session?: string | undefined
  owner?: string | undefined
}

function placeOf({ db, session, owner }: PlaceValues) {
  if (db === undefined || db === '') throw badValue('--db', db, 'the path of a database file')
  return { db, whose: whoseOf(session, owner) }
}

function whoseOf(session: string | undefined, owner: string | undefined): Whose {
  if (session !== undefined) return { session, ...(owner !== undefined && { owner }) }
  if (owner !== undefined) return { owner }
  throw badValue('--session or --owner', undefined, 'given')
}

/** A time as ISO 8601, or as ms since the epoch. */
function timeOf(option: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  const time = readTime(/^\d+$/.test(text) ? Number(text) : text, 'ms')
  if (time === undefined)
    throw badValue(option, text, 'a time, such as 2024-05-31 or 1717113600000')
  return time
}

function parse<T extends ParseArgsOptionsConfig>(args: readonly string[], options: T) {
  try {
    return parseArgs({ args: [...args], options, allowPositionals: true })
  } catch (error) {
    if (!(error instanceof TypeError)) throw error
    throw new CaughtupError('BAD_INPUT', error.message, {}, { cause: error })
  }
}
