import { readFileSync } from 'node:fs'
import path from 'node:path'

import { appFiles } from './app-files.ts'
import { appName } from './app-name.ts'
import { ask, type Terminal } from './ask.ts'
import { help, parseCommandLine } from './command-line.ts'
import { type PackageManager, packageManager, runScript } from './package-manager.ts'
import { UsageError } from './usage-error.ts'
import { assertEmpty, writeApp } from './write-app.ts'

/** The members of `process` that the command uses. */
export interface Surroundings extends Terminal {
  stderr: NodeJS.WritableStream
  env: Readonly<Record<string, string | undefined>>
  cwd: () => string
}

/** Runs the command; resolves with its exit code, which is 2 for what the caller can put right. */
export async function runCommand(args: readonly string[], around: Surroundings): Promise<number> {
  try {
    around.stdout.write(await answerTo(args, around))
    return 0
  } catch (error) {
    if (!(error instanceof UsageError)) throw error
    around.stderr.write(`${error.message}\n`)
    return 2
  }
}

/** Does what was asked for; resolves with what to print. */
async function answerTo(args: readonly string[], around: Surroundings): Promise<string> {
  const asked = parseCommandLine(args)
  if (asked.do === 'help') return help
  if (asked.do === 'version') return `${ownVersion()}\n`
  const { target, template } = await ask(asked, around)
  const folder = path.resolve(around.cwd(), target)
  const name = appName(folder)
  assertEmpty(folder)
  const manager = packageManager(around.env['npm_config_user_agent'])
  const packages = asked.packages && path.resolve(around.cwd(), asked.packages)
  const options = { name, template, manager, version: ownVersion() }
  writeApp(folder, appFiles({ ...options, ...(packages && { packages }) }))
  return nextSteps(path.relative(around.cwd(), folder), manager)
}

function nextSteps(folder: string, manager: PackageManager): string {
  const commands = [`${manager} install`, runScript(manager, 'dev')]
  if (folder !== '') commands.unshift(`cd ${folder.includes(' ') ? `"${folder}"` : folder}`)
  return `Made. Start it with\n\n${commands.map((line) => `  ${line}\n`).join('')}\nThe app's README.md says what to change first.\n`
}

/** All packages of Caughtup are released together, under one version. */
function ownVersion(): string {
  const manifest: { version: string } = JSON.parse(
    readFileSync(new URL('../package.json', import.meta.url), 'utf8'),
  )
  return manifest.version
}
