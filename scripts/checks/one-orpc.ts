// Two copies of an @orpc package (two versions, or one version under two sets of peers) do not
// recognise each other's event metadata, and SSE event ids vanish without an error.
import { readFileSync } from 'node:fs'

const lock = readFileSync('pnpm-lock.yaml', 'utf8')
// One entry per installed copy; the section before it has one per version, whatever its peers.
const snapshots = lock.slice(lock.indexOf('\nsnapshots:'))

const copies = new Map<string, string[]>()
for (const match of snapshots.matchAll(/^ {2}'(@orpc\/[^@]+)@([^']+)':/gm)) {
  const [, name = '', version = ''] = match
  copies.set(name, [...(copies.get(name) ?? []), version])
}
const doubled = [...copies].filter(([, versions]) => versions.length > 1)

if (copies.size === 0) {
  console.error('The lock file holds no @orpc package: has its format changed?')
  process.exitCode = 1
} else if (doubled.length > 0) {
  console.error('More than one copy of an @orpc package is installed:')
  for (const [name, versions] of doubled) console.error(`  ${name}: ${versions.join(', ')}`)
  console.error(
    'Keep one version in the catalog, and give each package that uses it the same peers.',
  )
  process.exitCode = 1
} else {
  console.log(`One copy of each of ${copies.size} @orpc packages.`)
}
