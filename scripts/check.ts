// The static checks. `pnpm check` runs all of them, `pnpm check lint types` only these steps. A step
// runs even if an earlier one failed.
import { spawnSync } from 'node:child_process'
import { globSync } from 'node:fs'

/** Patches that break the code, for `pnpm mutants`: each must still apply, by itself. */
const mutants = globSync('tests/mutants/*.patch').map((patch) => ['git', 'apply', '--check', patch])
const quiet = '--output-logs=errors-only'
const steps = {
  registry: [['node', 'scripts/checks/no-registry.ts']],
  orpc: [['node', 'scripts/checks/one-orpc.ts']],
  versions: [['sherif'], ['node', 'scripts/checks/versions.ts']],
  format: [['oxfmt', '--check']],
  lint: [['oxlint']],
  layers: [
    ['turbo', 'boundaries'],
    ['node', 'scripts/checks/folders.ts'],
    ['node', 'scripts/checks/architecture.ts'],
  ],
  types: [
    ['tsc', '--noEmit'],
    ['turbo', 'run', 'check:types', '--continue=dependencies-successful', quiet],
  ],
  unused: [['knip', '--treat-config-hints-as-errors']],
  mutants,
  build: [['turbo', 'run', 'build', quiet]],
  packages: [
    ['node', 'scripts/checks/packages.ts'],
    ['node', 'scripts/checks/embedding.ts'],
  ],
  bundle: [['node', 'scripts/checks/bundle.ts']],
  docs: [['node', 'scripts/checks/site-pages.ts']],
  settings: [['node', 'scripts/checks/settings.ts']],
  licences: [['node', 'scripts/checks/licences.ts']],
  guarantees: [['node', 'scripts/checks/guarantees.ts']],
} satisfies Record<string, string[][]>

const asked = process.argv.slice(2)
const unknown = asked.filter((name) => !Object.hasOwn(steps, name))
if (unknown.length > 0) {
  console.error(
    `No such check: ${unknown.join(', ')}. There are: ${Object.keys(steps).join(', ')}.`,
  )
  process.exit(2)
}

const failed: string[] = []
for (const [name, commands] of Object.entries(steps)) {
  if (asked.length > 0 && !asked.includes(name)) continue
  const start = performance.now()
  console.log(`\n==> ${name}`)
  for (const [command = '', ...args] of commands) {
    const { status, error } = spawnSync(command, args, { stdio: 'inherit' })
    if (status === 0) continue
    if (error) console.error(error.message)
    if (!failed.includes(name)) failed.push(name)
  }
  const seconds = ((performance.now() - start) / 1000).toFixed(1)
  console.log(`${failed.includes(name) ? 'FAILED' : 'ok'}: ${name} (${seconds} s)`)
}

console.log(failed.length > 0 ? `\nChecks failed: ${failed.join(', ')}` : '\nAll checks passed.')
process.exitCode = failed.length > 0 ? 1 : 0
