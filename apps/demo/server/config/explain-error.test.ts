import { StorageError } from '@caughtup/store'
import { describe, expect, it } from 'vitest'

import { ConfigError, readConfig } from './config.ts'
import { explainError } from './explain-error.ts'

const config = readConfig({ PORT: '4711', CAUGHTUP_DB: '/data/x.db' }, [], '/')
const failing = (fields: object) => Object.assign(new Error('it failed'), fields)

describe('explainError', () => {
  it('repeats the message of a config error', () => {
    expect(explainError(new ConfigError('PORT=x is wrong.'), undefined)).toBe('PORT=x is wrong.')
  })

  it.each([
    [{ code: 'EADDRINUSE' }, 'PORT=4711 is in use on 127.0.0.1. Set PORT to a free port.'],
    [{ code: 'EACCES' }, 'PORT=4711 on 127.0.0.1 needs privileges that this process lacks.'],
    [{ code: 'ENOTFOUND' }, 'HOST=127.0.0.1 is not an address of this machine.'],
    [{ syscall: 'mkdir' }, 'CAUGHTUP_DB=/data/x.db cannot be used: it failed'],
  ])('names the value behind %j', (fields, words) => {
    expect(explainError(failing(fields), config)).toBe(words)
  })

  it('names a database that cannot be opened', () => {
    const words = 'CAUGHTUP_DB=/data/x.db cannot be used: SQLite: file is not a database'
    expect(
      explainError(new StorageError('corrupt', 'SQLite: file is not a database'), config),
    ).toBe(words)
  })

  it('does not show the password of a database', () => {
    const database = 'postgres://ann:secret@db/chat'
    const words = 'CAUGHTUP_DB=postgres://ann:…@db/chat cannot be used: it is away'
    const error = new StorageError('busy', 'it is away')
    expect(explainError(error, readConfig({ CAUGHTUP_DB: database }, [], '/'))).toBe(words)
  })

  it('does not explain a bug', () => {
    expect(explainError(new TypeError('x is not a function'), config)).toBeUndefined()
    expect(explainError('thrown', config)).toBeUndefined()
  })
})
