import { builtinModules } from 'node:module'
import path from 'node:path'

import { UsageError } from './usage-error.ts'

/** Of names of packages, by the rules of npm. */
const longest = 214
const form = /^[a-z0-9~-][a-z0-9._~-]*$/
const taken = new Set(['node_modules', 'favicon.ico', ...builtinModules])

/**
 * The name of the app in `folder`, which is the folder's own.
 *
 * @throws UsageError if npm takes no package of that name
 */
export function appName(folder: string): string {
  const name = path.basename(folder)
  const problem = nameProblem(name)
  if (problem === undefined) return name
  throw new UsageError(`The folder is the app's name, and "${name}" cannot be one: ${problem}.`)
}

/** Why npm takes no package of this name; `undefined` if it does. */
function nameProblem(name: string): string | undefined {
  if (name.length > longest) return `npm allows ${longest} characters, and it has ${name.length}`
  if (taken.has(name)) return 'npm keeps this name for something else'
  if (!form.test(name)) {
    return 'npm allows lower-case letters, digits, and - . _ ~, with a letter, a digit, - or ~ first'
  }
  return undefined
}
