import { expect, test } from 'vitest'

import { parseCommand } from './parse-command.ts'

test('an import names files, a database and the session or its owner', () => {
  expect(parseCommand(['import', 'a.jsonl', '-', '--db', 'x.db', '--owner', 'me'])).toEqual({
    do: 'import',
    files: ['a.jsonl', '-'],
    db: 'x.db',
    whose: { owner: 'me' },
    final: false,
    unread: false,
  })
  const options = [
    '--session=s',
    '--owner=me',
    '--title=T',
    '--format=openai',
    '--final',
    '--unread',
  ]
  const times = ['--created=2024-05-31', '--recency=1717200000000']
  expect(parseCommand(['import', '--db=x.db', ...options, ...times, 'a.jsonl'])).toEqual({
    do: 'import',
    files: ['a.jsonl'],
    db: 'x.db',
    whose: { session: 's', owner: 'me' },
    title: 'T',
    format: 'openai',
    final: true,
    unread: true,
    created: Date.UTC(2024, 4, 31),
    recency: 1_717_200_000_000,
  })
})

test('an export names a database and the sessions’ owner or id', () => {
  expect(parseCommand(['export', '--db=x.db', '--session=s', '--out=a.jsonl'])).toEqual({
    do: 'export',
    db: 'x.db',
    whose: { session: 's' },
    out: 'a.jsonl',
  })
})

test('a copy names a file, and an address with a schema or another file', () => {
  const from = ['copy', '--from=x.db']
  expect(parseCommand([...from, '--to=postgres://me@host/db', '--schema=s'])).toEqual({
    do: 'copy',
    from: 'x.db',
    to: { url: 'postgres://me@host/db', schema: 's' },
  })
  const url = 'postgresql://host/db'
  expect(parseCommand([...from, '--to', url])).toMatchObject({ to: { url } })
  expect(parseCommand([...from, '--to=y.db'])).toMatchObject({ to: { file: 'y.db' } })
})

test.each([['--help'], ['-h'], ['help'], ['import', '--help'], ['export', '-h'], ['copy', '-h']])(
  '%s %s asks for help',
  (...args) => {
    expect(parseCommand(args)).toEqual({ do: 'help' })
  },
)

test.each<[string[], string]>([
  [[], 'the command is missing; it must be import, export or copy.'],
  [['move'], 'the command is "move"; it must be import, export or copy.'],
  [
    ['import', '--db=x.db', '--owner=me'],
    'FILE is missing; it must be a file, or - for standard input.',
  ],
  [['import', 'a', '--owner=me'], '--db is missing; it must be the path of a database file.'],
  [['import', 'a', '--db=x.db'], '--session or --owner is missing; it must be given.'],
  [
    ['import', 'a', '--db=x.db', '--owner=me', '--format=csv'],
    '--format is "csv"; it must be claude-code, langchain, ',
  ],
  [
    ['import', 'a', '--db=x.db', '--owner=me', '--created=yesterday'],
    '--created is "yesterday"; it must be a time, such as ',
  ],
  [
    ['export', '--db=x.db', '--owner=me', '--format=anthropic'],
    '--format is "anthropic"; it must be ui or openai.',
  ],
  [
    ['export', 'a', '--db=x.db', '--owner=me'],
    'the argument is "a"; it must be absent: export takes only options.',
  ],
  [['export', '--db=x.db', '--owner=me', '--final'], "Unknown option '--final'"],
  [['copy', '--to=y.db'], '--from is missing; it must be the path of a SQLite database.'],
  [
    ['copy', '--from=postgres://u:secret@h/d', '--to=y.db'],
    '--from is "postgres://…"; it must be the path',
  ],
  [['copy', '--from=x.db'], '--to is missing; it must be an address such as postgres://'],
  [['copy', '--from=x.db', '--to=y.db', '--schema=s'], '--schema is "s"; it must be absent'],
  [['copy', 'a', '--from=x.db', '--to=y.db'], 'the argument is "a"; it must be absent'],
  [['export', '--db'], "Option '--db <value>' argument missing"],
])('%j is not a command', (args, message) => {
  expect(() => parseCommand(args)).toThrow(message)
})
