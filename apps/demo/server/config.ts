import { isAbsolute, join } from 'node:path'

import type { ModelConfig } from './openai/chat-model.ts'

/** What the environment and the command line say, checked. */
export interface DemoConfig {
  port: number
  host: string
  /** The database file, or `:memory:`. */
  database: string
  /** How fast answers stream. */
  tokensPerSecond: number
  /** Whether Vite serves the page from its sources. */
  dev: boolean
  /** An OpenAI-compatible model; absent where the guide answers. */
  model?: ModelConfig
}

/** The environment or the command line says something that cannot be followed. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError'
}

const mostPerSecond = 10_000

/**
 * Reads PORT (4000; 0 for a free one), HOST (127.0.0.1), CAUGHTUP_DB (.data/demo.db),
 * DEMO_TOKENS_PER_SECOND (60), and OPENAI_BASE_URL, OPENAI_API_KEY, OPENAI_MODEL, which count when
 * all three are set. An empty value is none.
 *
 * @param root what a relative CAUGHTUP_DB is relative to
 * @throws ConfigError naming the value
 */
export function readConfig(
  env: Readonly<Record<string, string | undefined>>,
  args: readonly string[],
  root: string,
): DemoConfig {
  const unknown = args.find((arg) => arg !== '--dev')
  if (unknown !== undefined) throw new ConfigError(`There is no option ${unknown}, only --dev.`)
  const database = env['CAUGHTUP_DB'] || '.data/demo.db'
  const model = readModel(env)
  return {
    port: wholeNumber(env, 'PORT', { fallback: 4000, least: 0, most: 65_535 }),
    host: env['HOST'] || '127.0.0.1',
    database: database === ':memory:' || isAbsolute(database) ? database : join(root, database),
    tokensPerSecond: wholeNumber(env, 'DEMO_TOKENS_PER_SECOND', {
      fallback: 60,
      least: 1,
      most: mostPerSecond,
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
