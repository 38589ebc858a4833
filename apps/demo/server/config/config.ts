import { isAbsolute, join } from 'node:path'

import type { ModelConfig } from '../openai/chat-model.ts'
import { mostPerSecond } from '../text/paced.ts'

/** The demo's settings, read from the environment and the command line. */
export interface DemoConfig {
  port: number
  host: string
  /** The database file, `:memory:`, or the address of a PostgreSQL. */
  database: string
  /** The address of a Redis that tells processes of each other's changes. @default PostgreSQL does */
  redis?: string
  /** The folder of attached files; none is kept if undefined. */
  files: string | undefined
  /** How fast answers of the guide and of commands stream. */
  tokensPerSecond: number
  /** Prompts of the long session in an empty database; 0 leaves it empty. */
  fillTurns: number
  /** Whether Vite serves the page from its sources, for work on it. */
  dev: boolean
  /** Whether requests may name any host, because a balancer of this machine passes them on. */
  anyHost: boolean
  /** An OpenAI-compatible model; without one, the guide answers. */
  model?: ModelConfig
}

type Environment = Readonly<Record<string, string | undefined>>

/** A setting in the environment or on the command line is invalid. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError'
}

/** The settings of variables that are unset or empty. */
const defaults = {
  /** The port in all of the project's READMEs. */
  port: 4000,
  /** This machine only: the demo has no passwords. */
  host: '127.0.0.1',
  /** Relative to the repository; git ignores the folder. */
  database: '.data/demo.db',
  /** With PostgreSQL; else they are beside the database. */
  files: '.data/demo-files',
  /** About as fast as hosted models, and slow enough to watch. */
  tokensPerSecond: 60,
  /** About 3,000 messages in 34 epochs: far more than a window, and filled in about a minute. */
  fillTurns: 1_500,
}

/** The address of a PostgreSQL, and not the path of a file. */
export function isPostgres(database: string): boolean {
  return /^postgres(?:ql)?:\/\//.test(database)
}

/**
 * Reads PORT (0 for a free one), HOST, CAUGHTUP_DB, CAUGHTUP_REDIS, CAUGHTUP_FILES,
 * DEMO_TOKENS_PER_SECOND, DEMO_FILL_TURNS, and OPENAI_BASE_URL, OPENAI_API_KEY and OPENAI_MODEL, which take effect when
 * all three are set. An empty value counts as unset.
 *
 * @param root the folder that relative paths start from
 * @throws ConfigError naming the value
 */
export function readConfig(env: Environment, args: readonly string[], root: string): DemoConfig {
  const unknown = args.find((arg) => arg !== '--dev' && arg !== '--any-host')
  if (unknown !== undefined)
    throw new ConfigError(`Unknown option ${unknown}. The options are --dev and --processes N.`)
  const database = readDatabase(env, root)
  const redis = readRedis(env, database)
  const model = readModel(env)
  return {
    port: wholeNumber(env, 'PORT', { fallback: defaults.port, least: 0, most: 65_535 }),
    host: env['HOST'] || defaults.host,
    database,
    ...(redis !== undefined && { redis }),
    files: readFiles(env, root, database),
    tokensPerSecond: wholeNumber(env, 'DEMO_TOKENS_PER_SECOND', {
      fallback: defaults.tokensPerSecond,
      least: 1,
      most: mostPerSecond,
    }),
    fillTurns: wholeNumber(env, 'DEMO_FILL_TURNS', {
      fallback: defaults.fillTurns,
      least: 0,
      most: 100_000,
    }),
    dev: args.includes('--dev'),
    anyHost: args.includes('--any-host'),
    ...(model && { model }),
  }
}

function readDatabase(env: Environment, root: string): string {
  const database = env['CAUGHTUP_DB'] || defaults.database
  return database === ':memory:' || isPostgres(database) ? database : under(root, database)
}

function readRedis(env: Environment, database: string): string | undefined {
  const redis = env['CAUGHTUP_REDIS']
  if (!redis) return undefined
  if (!/^rediss?:\/\/./.test(redis)) {
    throw new ConfigError(`CAUGHTUP_REDIS=${redis} is not a redis or rediss URL.`)
  }
  if (isPostgres(database)) return redis
  throw new ConfigError('CAUGHTUP_REDIS is for a CAUGHTUP_DB that is a PostgreSQL.')
}

function readFiles(env: Environment, root: string, database: string): string | undefined {
  const files = env['CAUGHTUP_FILES']
  if (files) return under(root, files)
  if (database === ':memory:') return undefined
  return isPostgres(database) ? join(root, defaults.files) : `${database}-files`
}

function under(root: string, path: string): string {
  return isAbsolute(path) ? path : join(root, path)
}

function wholeNumber(
  env: Environment,
  name: string,
  { fallback, least, most }: { fallback: number; least: number; most: number },
): number {
  const value = env[name]
  if (value === undefined || value === '') return fallback
  const number = Number(value)
  if (/^\d+$/.test(value) && number >= least && number <= most) return number
  throw new ConfigError(`${name}=${value} is not a whole number from ${least} to ${most}.`)
}

function readModel(env: Environment): ModelConfig | undefined {
  const baseUrl = env['OPENAI_BASE_URL']
  const apiKey = env['OPENAI_API_KEY']
  const name = env['OPENAI_MODEL']
  if (!baseUrl || !apiKey || !name) return undefined
  if (!/^https?:$/.test(URL.parse(baseUrl)?.protocol ?? '')) {
    throw new ConfigError(`OPENAI_BASE_URL=${baseUrl} is not an http or https URL.`)
  }
  return { baseUrl, apiKey, name }
}
