import { execFileSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs'
import { symlinkSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../../../../', import.meta.url))
const used = ['schema', 'store', 'server']

/**
 * Builds our packages and installs them in a folder as they are published: without types to strip, and
 * with the `exports` of a release. Inside the workspace a package's exports name its sources.
 */
export function installBuilt(folder: string): void {
  const filters = used.map((name) => `--filter=@caughtup/${name}`)
  const turbo = path.join(root, 'node_modules/.bin/turbo')
  execFileSync(turbo, ['run', 'build', ...filters, '--output-logs=errors-only'], { cwd: root })
  const modules = path.join(folder, 'node_modules')
  for (const name of used) {
    const source = path.join(root, 'packages', name)
    const target = path.join(modules, '@caughtup', name)
    mkdirSync(target, { recursive: true })
    cpSync(path.join(source, 'dist'), path.join(target, 'dist'), { recursive: true })
    const manifest = JSON.parse(readFileSync(path.join(source, 'package.json'), 'utf8'))
    const published = { ...manifest, exports: manifest.publishConfig.exports }
    writeFileSync(path.join(target, 'package.json'), JSON.stringify(published))
    linkOthers(path.join(source, 'node_modules'), modules)
  }
}

/** Links what a package of ours depends on, except our own packages. */
function linkOthers(from: string, to: string): void {
  for (const entry of readdirSync(from)) {
    if (entry.startsWith('.') || entry === '@caughtup') continue
    if (entry.startsWith('@')) {
      linkOthers(path.join(from, entry), path.join(to, entry))
    } else if (!existsSync(path.join(to, entry))) {
      mkdirSync(to, { recursive: true })
      symlinkSync(path.join(from, entry), path.join(to, entry))
    }
  }
}
