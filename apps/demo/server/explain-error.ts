import { StorageError } from '@caughtup/store'

import { ConfigError, type DemoConfig } from './config.ts'

/**
 * One line for what a person can put right by setting something else, naming the value at fault;
 * `undefined` for everything else, which is a bug and keeps its stack.
 *
 * @param config absent while it is being read
 */
export function explainError(error: unknown, config: DemoConfig | undefined): string | undefined {
  if (!(error instanceof Error)) return undefined
  if (error instanceof ConfigError) return error.message
  if (!config) return undefined
  const { host, port, database } = config
  if (error instanceof StorageError || ('syscall' in error && error.syscall === 'mkdir')) {
    return `CAUGHTUP_DB=${database} cannot be used: ${error.message}`
  }
  switch ('code' in error ? error.code : undefined) {
    case 'EADDRINUSE':
      return `PORT=${port} is in use on ${host}. Set PORT to a free one.`
    case 'EACCES':
      return `PORT=${port} on ${host} needs more rights than this process has.`
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
      return `HOST=${host} is no address of this machine.`
    default:
      return undefined
  }
}
