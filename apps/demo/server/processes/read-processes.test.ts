import { describe, expect, it } from 'vitest'

import { ConfigError } from '../config/config.ts'
import { readProcesses, sharedDatabase } from './read-processes.ts'

describe('readProcesses', () => {
  it('takes the option out of the command line', () => {
    expect(readProcesses([])).toEqual({ rest: [] })
    expect(readProcesses(['--dev'])).toEqual({ rest: ['--dev'] })
    expect(readProcesses(['--processes', '3'])).toEqual({ count: 3, rest: [] })
    expect(readProcesses(['--x', '--processes=16'])).toEqual({ count: 16, rest: ['--x'] })
  })

  it.each([['0'], ['17'], ['x'], ['-1'], ['1.5'], ['']])('names the value %j', (value) => {
    const words = `--processes ${value}`.trimEnd() + ' is not a whole number from 1 to 16.'
    expect(() => readProcesses(['--processes', value])).toThrow(new ConfigError(words))
    expect(() => readProcesses([`--processes=${value}`])).toThrow(new ConfigError(words))
  })

  it('rejects no value, two values, and --dev beside it', () => {
    expect(() => readProcesses(['--processes'])).toThrow('--processes is not a whole number')
    const twice = ['--processes', '2', '--processes=3']
    expect(() => readProcesses(twice)).toThrow('--processes is there twice.')
    expect(() => readProcesses(['--dev', '--processes', '2'])).toThrow('--dev is for one process.')
  })
})

describe('sharedDatabase', () => {
  it('is CAUGHTUP_DB, else DATABASE_URL, else none', () => {
    const env = { CAUGHTUP_DB: 'postgres://a', DATABASE_URL: 'postgresql://b' }
    expect(sharedDatabase(env)).toBe('postgres://a')
    expect(sharedDatabase({ ...env, CAUGHTUP_DB: '' })).toBe('postgresql://b')
    expect(sharedDatabase({})).toBeUndefined()
  })

  it('rejects a file', () => {
    const env = { CAUGHTUP_DB: 'chat.db', DATABASE_URL: 'postgresql://b' }
    expect(() => sharedDatabase(env)).toThrow('CAUGHTUP_DB must be the address of a PostgreSQL')
  })
})
