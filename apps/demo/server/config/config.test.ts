import { describe, expect, it } from 'vitest'

import { ConfigError, readConfig } from './config.ts'

const read = (env: Record<string, string>, args: string[] = []) => readConfig(env, args, '/repo')

describe('readConfig', () => {
  it('has a default for everything', () => {
    expect(read({})).toEqual({
      port: 4000,
      host: '127.0.0.1',
      database: '/repo/.data/demo.db',
      files: '/repo/.data/demo.db-files',
      tokensPerSecond: 60,
      fillTurns: 1_500,
      dev: false,
      anyHost: false,
    })
  })

  it('uses the variables that are set, and ignores empty ones', () => {
    const env = { PORT: '0', HOST: '::1', CAUGHTUP_DB: '/tmp/x.db', DEMO_TOKENS_PER_SECOND: '' }
    expect(read(env, ['--dev'])).toMatchObject({
      port: 0,
      host: '::1',
      database: '/tmp/x.db',
      tokensPerSecond: 60,
      dev: true,
    })
  })

  it('resolves a relative CAUGHTUP_DB against the repository, but not :memory:', () => {
    expect(read({ CAUGHTUP_DB: 'a/b.db' }).database).toBe('/repo/a/b.db')
    expect(read({ CAUGHTUP_DB: ':memory:' }).database).toBe(':memory:')
  })

  it('takes a PostgreSQL, with a folder for files and a Redis', () => {
    const env = { CAUGHTUP_DB: 'postgres://db/chat', CAUGHTUP_REDIS: 'redis://cache' }
    expect(read(env)).toMatchObject({
      database: 'postgres://db/chat',
      redis: 'redis://cache',
      files: '/repo/.data/demo-files',
    })
    expect(read({ ...env, CAUGHTUP_FILES: '/files' }).files).toBe('/files')
  })

  it('rejects a Redis without a PostgreSQL, and what is none', () => {
    const env = { CAUGHTUP_REDIS: 'redis://cache' }
    expect(() => read(env)).toThrow('CAUGHTUP_REDIS is for')
    expect(() => read({ CAUGHTUP_REDIS: 'cache:6379' })).toThrow('CAUGHTUP_REDIS=cache:6379 is not')
  })

  it.each([
    ['PORT', '70000'],
    ['PORT', '-1'],
    ['PORT', '4e3'],
    ['PORT', 'http'],
    ['DEMO_TOKENS_PER_SECOND', '0'],
    ['DEMO_TOKENS_PER_SECOND', '10001'],
    ['DEMO_TOKENS_PER_SECOND', '1.5'],
    ['DEMO_FILL_TURNS', '-1'],
    ['DEMO_FILL_TURNS', '100001'],
  ])('names %s=%s in its error', (name, value) => {
    expect(() => read({ [name]: value })).toThrow(ConfigError)
    expect(() => read({ [name]: value })).toThrow(`${name}=${value} is not a whole number`)
  })

  it('rejects an unknown option', () => {
    expect(() => read({}, ['--prod'])).toThrow('Unknown option --prod')
  })

  it('has a model when all three of its variables are set', () => {
    const env = { OPENAI_BASE_URL: 'http://localhost:1/v1', OPENAI_API_KEY: 'k' }
    expect(read(env).model).toBeUndefined()
    expect(read({ ...env, OPENAI_MODEL: 'm' }).model).toEqual({
      baseUrl: 'http://localhost:1/v1',
      apiKey: 'k',
      name: 'm',
    })
  })

  it('names an invalid base URL', () => {
    const env = { OPENAI_BASE_URL: 'localhost', OPENAI_API_KEY: 'k', OPENAI_MODEL: 'm' }
    expect(() => read(env)).toThrow('OPENAI_BASE_URL=localhost is not')
  })
})
