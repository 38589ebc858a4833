import { StorageError } from '@caughtup/store'

import { ConfigError, type DemoConfig, isPostgres } from './config.ts'

/**
 * One line for an error that another setting would fix, naming the value at fault. `undefined` for
 * every other error: that is a bug, and keeps its stack.
 *
 * @param config undefined while it is being read
 */
export function explainError(error: unknown, config: DemoConfig | undefined): string | undefined {
  if (!(error instanceof Error)) return undefined
  if (error instanceof ConfigError) return error.message
  if (!config) return undefined
  const { host, port, database } = config
  if (error instanceof StorageError || ('syscall' in error && error.syscall === 'mkdir')) {
    return `CAUGHTUP_DB=${withoutPassword(database)} cannot be used: ${error.message}`
  }
  switch ('code' in error ? error.code : undefined) {
    case 'EADDRINUSE':
      return `PORT=${port} is in use on ${host}. Set PORT to a free port.`
    case 'EACCES':
      return `PORT=${port} on ${host} needs privileges that this process lacks.`
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
      return `HOST=${host} is not an address of this machine.`
    default:
      return undefined
  }
}

function withoutPassword(database: string): string {
  const url = isPostgres(database) ? URL.parse(database) : null
  if (!url?.password) return database
  url.password = '…'
  return decodeURI(url.href)
}
