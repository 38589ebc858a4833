// Compares docs/architecture.md with the folders: every folder of a package's src has its line, and
// every path that the document names exists.
import { existsSync, globSync, readFileSync } from 'node:fs'
import path from 'node:path'

const root = path.join(import.meta.dirname, '../..')
const document = 'docs/architecture.md'
const text = readFileSync(path.join(root, document), 'utf8')
const packages = globSync('packages/*', { cwd: root }).map((name) => path.basename(name))
const other = /^(apps|benches|docs|local-services|outside|packages|scripts|tests)\//

const problems: string[] = []
const named = new Set<string>()
for (const [index, line] of text.split('\n').entries()) {
  for (const [, name = ''] of line.matchAll(/`([\w.-]+\/[\w./-]*)`/g)) {
    const paths = pathsOf(name)
    const found = paths.find((one) => existsSync(path.join(root, one)))
    if (found !== undefined) named.add(found.replace(/\/$/, ''))
    else if (paths.length > 0)
      problems.push(`${document}:${index + 1} names ${name}, which does not exist.`)
  }
}
for (const folder of sourceFolders()) {
  if (!named.has(folder)) problems.push(`${document} has no line for ${folder}/.`)
}
for (const problem of problems) console.error(problem)
console.log(`${named.size} paths, ${problems.length} problems`)
process.exitCode = problems.length > 0 ? 1 : 0

/** Where a path of the document may be: `store/core/` is short for `packages/store/src/core/`. */
function pathsOf(name: string): string[] {
  const [first = '', ...rest] = name.split('/')
  if (packages.includes(first)) {
    const inside = rest.join('/')
    return [`packages/${first}/src/${inside}`, `packages/${first}/${inside}`]
  }
  return other.test(name) ? [name] : []
}

/** Folders of the packages that hold source files. */
function sourceFolders(): string[] {
  const files = globSync('packages/*/src/**/*.{ts,tsx}', { cwd: root })
  const sources = files.filter((file) => !/\.test(-d)?\.tsx?$/.test(file))
  return [...new Set(sources.map((file) => path.posix.dirname(file)))]
    .filter((folder) => !folder.endsWith('/src'))
    .sort()
}
