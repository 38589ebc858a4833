import { spawn } from 'node:child_process'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { text } from 'node:stream/consumers'

/** Where `pnpm outside` has packed our packages. */
const tarballs = path.join(import.meta.dirname, '../../.reports/tarballs')

/** An app as a user has it, in a folder of its own. */
export interface App extends Disposable {
  readonly folder: string
  /** Runs a command in the app. @throws Error with what it printed, unless it ends with 0 */
  run(command: string, ...args: string[]): Promise<string>
}

/** Has npm run the packed `create-caughtup`, and install what the app needs. */
export async function makeApp(template: string): Promise<App> {
  const above = mkdtempSync(path.join(tmpdir(), `caughtup-${template}-`))
  const folder = path.join(above, 'my-app')
  const app = {
    folder,
    run: (command: string, ...args: string[]) => runIn(folder, command, args),
    [Symbol.dispose]: () => rmSync(above, { recursive: true, force: true }),
  }
  try {
    const [packed = ''] = readdirSync(tarballs).filter((name) => name.startsWith('create-'))
    const create = ['create-caughtup', 'my-app', '--template', template, '--packages', tarballs]
    // npx would run what it once unpacked from a tarball of this name, so its cache is a new one.
    const fresh = `--cache=${path.join(above, 'npm')}`
    await runIn(above, 'npx', ['--yes', fresh, '--package', path.join(tarballs, packed), ...create])
    await app.run('npm', 'install', '--prefer-offline', '--no-audit', '--no-fund')
    return app
  } catch (error) {
    app[Symbol.dispose]()
    throw error
  }
}

async function runIn(cwd: string, command: string, args: string[]): Promise<string> {
  const stdio = ['ignore', 'pipe', 'pipe'] as const
  const child = spawn(command, args, { cwd, env: userEnvironment(), stdio: [...stdio] })
  const ended = new Promise<number | null>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', resolve)
  })
  const [code, output, errors] = await Promise.all([
    ended,
    text(child.stdout!),
    text(child.stderr!),
  ])
  if (code === 0) return output
  throw new Error(`${command} ${args.join(' ')} ended with ${code}:\n${output}${errors}`)
}

/** The user's: without the workspace's Node 24, and what pnpm and vitest have set. */
export function userEnvironment(more: Record<string, string> = {}): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(
    ([name]) =>
      !/^(npm_(?!config_registry)|pnpm_|vitest|node_env$|node_options$|node_path$)/i.test(name),
  )
  const folders = (process.env['PATH'] ?? '').split(path.delimiter)
  const PATH = folders.filter((one) => !one.includes('node_modules')).join(path.delimiter)
  return { ...Object.fromEntries(kept), PATH, NEXT_TELEMETRY_DISABLED: '1', ...more }
}
