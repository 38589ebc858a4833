// Checks how the source files are arranged: the folders of a package import each other in one
// direction, no folder is crowded, and what is published does not import what is not.
//
//   node scripts/checks/folders.ts                      everything
//   node scripts/checks/folders.ts packages/server      this package
import { globSync, readFileSync } from 'node:fs'
import path from 'node:path'

import { findCircles } from './folders/find-circles.ts'
import { reachedFrom } from './folders/reached-from.ts'
import { readImports, type SourceImport } from './folders/source-imports.ts'

const root = path.join(import.meta.dirname, '../..')
/** Source files of a folder, so that its names can be taken in at a glance. Tests do not count. */
const most = 12

/** Folders that must be able to leave the package: what their files may import besides each other. */
const selfContained: Readonly<Record<string, { may: RegExp; so: string }>> = {
  'packages/store/src/conformance': {
    may: /^(packages\/store\/src\/(port|core\/reading)\/|@caughtup\/schema(\/|$)|node:)/,
    so: 'the conformance kit is published for engines that have nothing but the port and the rules over it',
  },
}

interface Manifest {
  exports?: Record<string, string>
  bin?: Record<string, string>
}

const problems: string[] = []
const asked = process.argv.slice(2)
const parts = globSync(['packages/*', 'apps/*', 'benches', 'local-services', 'tests', 'scripts'], {
  cwd: root,
})
let files = 0
let folders = 0
for (const part of parts.toSorted()) {
  if (asked.length > 0 && !asked.includes(part)) continue
  const sources = globSync(`${part}/**/*.{ts,tsx}`, {
    cwd: root,
    exclude: (name) => /(^|\/)(node_modules|dist)$/.test(name) || isTest(name),
  }).toSorted()
  const imports = readImports(root, sources)
  files += sources.length
  problems.push(
    ...circles(imports.filter(({ to }) => sources.includes(to))),
    ...crowds(sources),
    ...escapes(`${part}/src/`, imports),
    ...(part.startsWith('packages/') ? unshipped(part, sources, imports) : []),
    ...leans(imports),
  )
}
for (const problem of problems) console.error(`${problem}\n`)
console.log(`${files} files in ${folders} folders, ${problems.length} problems`)
process.exitCode = problems.length > 0 ? 1 : 0

function isTest(file: string): boolean {
  return /\.test(-d)?\.tsx?$/.test(file)
}

function circles(imports: readonly SourceImport[]): string[] {
  return findCircles(imports).map((circle) => {
    const [closing] = circle
    const steps = circle.map(({ from, to, imports }) => `\n  ${from} -> ${to} (${imports.length})`)
    return (
      `Folders import each other in a circle (in brackets: how many imports):${steps.join('')}\n` +
      `The fewest that open it:${list(closing?.imports ?? [])}`
    )
  })
}

function crowds(sources: readonly string[]): string[] {
  const counts = Map.groupBy(sources, (file) => path.posix.dirname(file))
  folders += counts.size
  return [...counts].flatMap(([folder, inside]) => {
    return inside.length > most
      ? [`${folder} has ${inside.length} source files, and may have ${most}.`]
      : []
  })
}

/** What is in `src` is shipped; what it imports must be, too. */
function escapes(source: string, imports: readonly SourceImport[]): string[] {
  const out = imports.filter(
    ({ from, to, relative }) => relative && from.startsWith(source) && !to.startsWith(source),
  )
  return out.length > 0
    ? [`${source} is shipped, and imports what is outside of it:${list(out)}`]
    : []
}

/** What no export leads to is not shipped, and has no place in `src`. */
function unshipped(
  part: string,
  sources: readonly string[],
  imports: readonly SourceImport[],
): string[] {
  const manifest: Manifest = JSON.parse(readFileSync(path.join(root, part, 'package.json'), 'utf8'))
  const entries = [manifest.exports, manifest.bin].flatMap((one) => Object.values(one ?? {}))
  const reached = reachedFrom(
    entries.map((entry) => path.posix.join(part, entry)),
    imports,
  )
  const idle = sources.filter((file) => file.startsWith(`${part}/src/`) && !reached.has(file))
  return idle.length > 0
    ? [
        `No export of ${part} leads to these files; what only tests use goes to ${part}/tests:\n  ${idle.join('\n  ')}`,
      ]
    : []
}

function leans(imports: readonly SourceImport[]): string[] {
  return Object.entries(selfContained).flatMap(([folder, { may, so }]) => {
    const foreign = imports.filter(
      ({ from, to }) =>
        from.startsWith(`${folder}/`) && !to.startsWith(`${folder}/`) && !may.test(to),
    )
    return foreign.length > 0
      ? [`${folder} imports more than it may, and ${so}:${list(foreign)}`]
      : []
  })
}

function list(imports: readonly SourceImport[]): string {
  const lines = imports
    .slice(0, 10)
    .map(({ from, to, line }) => `\n  ${from}:${line} imports ${to}`)
  if (imports.length > lines.length) lines.push(`\n  and ${imports.length - lines.length} more`)
  return lines.join('')
}
