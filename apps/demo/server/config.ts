import { isAbsolute, join } from 'node:path'

import type { ModelConfig } from './openai/chat-model.ts'
import { mostPerSecond } from './text/paced.ts'

/** The demo's settings, read from the environment and the command line. */
export interface DemoConfig {
  port: number
  host: string
  /** The database file, or `:memory:`. */
  database: string
  /** How fast answers of the guide and of commands stream. */
  tokensPerSecond: number
  /** Prompts of the long session in an empty database; 0 leaves it empty. */
  fillTurns: number
  /** Whether Vite serves the page from its sources, for work on it. */
  dev: boolean
  /** An OpenAI-compatible model; without one, the guide answers. */
  model?: ModelConfig
}

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
  /** About as fast as hosted models, and slow enough to watch. */
  tokensPerSecond: 60,
  /** About 3,000 messages in 34 epochs: far more than a window, and filled in about a minute. */
  fillTurns: 1_500,
}

/**
 * Reads PORT (0 for a free one), HOST, CAUGHTUP_DB, DEMO_TOKENS_PER_SECOND, DEMO_FILL_TURNS, and
 * OPENAI_BASE_URL, OPENAI_API_KEY and OPENAI_MODEL, which take effect when all three are set. An empty
 * value counts as unset.
 *
 * @param root the folder that a relative CAUGHTUP_DB starts from
 * @throws ConfigError naming the value
 */
export function readConfig(
  env: Readonly<Record<string, string | undefined>>,
  args: readonly string[],
  root: string,
): DemoConfig {
  const unknown = args.find((arg) => arg !== '--dev')
  if (unknown !== undefined)
    throw new ConfigError(`Unknown option ${unknown}. The only option is --dev.`)
  const database = env['CAUGHTUP_DB'] || defaults.database
  const model = readModel(env)
  return {
    port: wholeNumber(env, 'PORT', { fallback: defaults.port, least: 0, most: 65_535 }),
    host: env['HOST'] || defaults.host,
    database: database === ':memory:' || isAbsolute(database) ? database : join(root, database),
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
    ...(model && { model }),
  }
}

function wholeNumber(
  env: Readonly<Record<string, string | undefined>>,
  name: string,
  { fallback, least, most }: { fallback: number; least: number; most: number },
): number {
  const value = env[name]
  if (value === undefined || value === '') return fallback
  const number = Number(value)
  if (/^\d+$/.test(value) && number >= least && number <= most) return number
  throw new ConfigError(`${name}=${value} is not a whole number from ${least} to ${most}.`)
}

function readModel(env: Readonly<Record<string, string | undefined>>): ModelConfig | undefined {
  const baseUrl = env['OPENAI_BASE_URL']
  const apiKey = env['OPENAI_API_KEY']
  const name = env['OPENAI_MODEL']
  if (!baseUrl || !apiKey || !name) return undefined
  if (!/^https?:$/.test(URL.parse(baseUrl)?.protocol ?? '')) {
    throw new ConfigError(`OPENAI_BASE_URL=${baseUrl} is not an http or https URL.`)
  }
  return { baseUrl, apiKey, name }
}
