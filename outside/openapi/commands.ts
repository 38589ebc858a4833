import { spawnSync } from 'node:child_process'

/** Whether a command is there; on the CI it has to be. */
export function isMissing(command: string): boolean {
  if (!spawnSync(command, ['--version']).error) return false
  if (process.env['CI']) throw new Error(`${command} is missing, and the CI must have it.`)
  console.warn(`Skipped: there is no ${command}.`)
  return true
}
