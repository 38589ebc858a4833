// Breaks the code on purpose, with one patch of tests/mutants after the other, in a copy of the
// working tree, and expects the tests that the patch names to fail. `pnpm mutants tag` runs the
// patches with "tag" in their name, and ends with 2 if there are none. A patch begins with
//   Breaks: the promise that no longer holds
//   Tests: the test files that catch it, separated by spaces
import { execFileSync, spawnSync } from 'node:child_process'
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'

const root = path.join(import.meta.dirname, '..')
const folder = path.join(root, 'tests/mutants')
/** A test file that takes longer than this was stopped by a mutant instead of failing. */
const patience = 5 * 60_000

interface Mutant {
  name: string
  patch: string
  breaks: string
  tests: string[]
}

interface Report {
  testResults: {
    name: string
    status: string
    assertionResults: { title: string; status: string }[]
  }[]
}

/** Titles of the failing tests of each file; `broken` for a file that fails as a whole. */
type Failures = ReadonlyMap<string, string[] | 'broken'>

const wanted = process.argv.slice(2)
const names = readdirSync(folder)
  .filter((file) => file.endsWith('.patch'))
  .map((file) => path.basename(file, '.patch'))
  .sort()
if (!wanted.every((part) => names.some((name) => name.includes(part)))) {
  console.error(`No mutant has that name. There are: ${names.join(', ')}.`)
  process.exit(2)
}
const mutants = names
  .filter((name) => wanted.length === 0 || wanted.some((part) => name.includes(part)))
  .map(read)
const copy = copyTree()
let survivors = 0
try {
  const sound = runTests([...new Set(mutants.flatMap(({ tests }) => tests))])
  for (const mutant of mutants) {
    const startedAt = performance.now()
    const verdict = outcome(mutant, sound)
    const seconds = ((performance.now() - startedAt) / 1000).toFixed(0).padStart(4)
    if (!verdict.startsWith('caught')) survivors++
    console.log(`${mutant.name.padEnd(36)} ${seconds} s  ${verdict}`)
    if (!verdict.startsWith('caught')) console.log(`  It breaks: ${mutant.breaks}`)
  }
} finally {
  rmSync(copy, { recursive: true, force: true })
}
console.log(`${mutants.length} mutants, ${survivors} not caught`)
process.exitCode = survivors > 0 || mutants.length === 0 ? 1 : 0

function read(name: string): Mutant {
  const patch = path.join(folder, `${name}.patch`)
  const text = readFileSync(patch, 'utf8')
  const [, breaks = ''] = /^Breaks: (.+)$/m.exec(text) ?? []
  const [, tests = ''] = /^Tests: (.+)$/m.exec(text) ?? []
  if (breaks === '' || tests === '') throw new Error(`${patch} lacks its lines Breaks: and Tests:`)
  return { name, patch, breaks, tests: tests.split(' ') }
}

function outcome({ patch, tests }: Mutant, sound: Failures): string {
  const failing = tests.find((file) => sound.get(file)?.length !== 0)
  if (failing !== undefined) return `cannot be judged: ${failing} fails without the patch`
  if (!applies(patch)) return 'does not apply'
  const failures = [...runTests(tests).values()]
  if (!applies(patch, '--reverse')) throw new Error(`${patch} cannot be reverted.`)
  if (failures.includes('broken')) return 'breaks too much: a test file does not run'
  const failed = failures.flat()
  return failed.length > 0 ? `caught by ${failed.length}: ${failed[0]}` : 'SURVIVES'
}

function applies(patch: string, ...options: string[]): boolean {
  return spawnSync('git', ['apply', ...options, patch], { cwd: copy }).status === 0
}

function runTests(files: readonly string[]): Failures {
  const report = path.join(copy, '.reports/vitest.json')
  rmSync(report, { force: true })
  const timeout = patience * files.length
  spawnSync('vitest', ['run', ...files], { cwd: copy, timeout, killSignal: 'SIGKILL' })
  const { testResults }: Report = existsSync(report)
    ? JSON.parse(readFileSync(report, 'utf8'))
    : { testResults: [] }
  return new Map(
    files.map((file) => {
      const result = testResults.find(({ name }) => name.endsWith(`/${file}`))
      const failed = (result?.assertionResults ?? []).filter(({ status }) => status === 'failed')
      const broken = !result || (result.status === 'failed' && failed.length === 0)
      return [file, broken ? 'broken' : failed.map(({ title }) => title)]
    }),
  )
}

/** Copies the working tree, uncommitted changes included; the packages in the copy use each other. */
function copyTree(): string {
  const target = mkdtempSync(path.join(tmpdir(), 'caughtup-mutants-'))
  const listed = execFileSync('git', ['ls-files', '-z', '-c', '-o', '--exclude-standard'], {
    cwd: root,
    encoding: 'utf8',
  })
  for (const file of listed.split('\0')) {
    if (file === '' || !existsSync(path.join(root, file))) continue
    mkdirSync(path.dirname(path.join(target, file)), { recursive: true })
    cpSync(path.join(root, file), path.join(target, file))
  }
  symlinkSync(path.join(root, 'node_modules'), path.join(target, 'node_modules'))
  for (const workspace of ['packages', 'apps']) {
    for (const name of readdirSync(path.join(root, workspace))) copyModules(workspace, name)
  }
  for (const name of ['benches', 'local-services', 'tests']) copyModules(name)
  return target

  /** Keeps links as they are, so that a link to another package leads to its copy. */
  function copyModules(...names: string[]): void {
    const modules = path.join(root, ...names, 'node_modules')
    if (!existsSync(modules)) return
    cpSync(modules, path.join(target, ...names, 'node_modules'), {
      recursive: true,
      verbatimSymlinks: true,
      filter: (source) => !/\/\.(?:vite|vitest-cache|bin)$/.test(source),
    })
  }
}
