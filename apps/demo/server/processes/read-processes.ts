import { ConfigError, isPostgres } from '../config/config.ts'

/** Each has up to 11 connections to PostgreSQL, and the embedded one takes 200. */
const mostProcesses = 16

const option = '--processes'

/**
 * Takes `--processes N` out of the command line; `count` is undefined without it.
 *
 * @throws ConfigError naming the value
 */
export function readProcesses(args: readonly string[]): { count?: number; rest: string[] } {
  const at = args.findIndex((arg) => arg === option || arg.startsWith(`${option}=`))
  const arg = args[at]
  if (arg === undefined) return { rest: [...args] }
  const isAlone = arg === option
  const value = isAlone ? args[at + 1] : arg.slice(option.length + 1)
  const rest = args.toSpliced(at, isAlone ? 2 : 1)
  const count = Number(value)
  if (!/^\d+$/.test(value ?? '') || count < 1 || count > mostProcesses) {
    throw new ConfigError(
      `${option} ${value ?? ''}`.trimEnd() + ` is not a whole number from 1 to ${mostProcesses}.`,
    )
  }
  if (rest.some((other) => other.startsWith(option))) {
    throw new ConfigError(`${option} is there twice.`)
  }
  if (rest.includes('--dev')) throw new ConfigError('--dev is for one process.')
  return { count, rest }
}

/**
 * The address of the PostgreSQL that several processes share: CAUGHTUP_DB or DATABASE_URL. Undefined if one
 * is to be started.
 *
 * @throws ConfigError for one that is none
 */
export function sharedDatabase(
  env: Readonly<Record<string, string | undefined>>,
): string | undefined {
  for (const name of ['CAUGHTUP_DB', 'DATABASE_URL']) {
    const value = env[name]
    if (!value) continue
    if (isPostgres(value)) return value
    throw new ConfigError(`With --processes, ${name} must be the address of a PostgreSQL.`)
  }
  return undefined
}
