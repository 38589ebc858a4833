// Checks that one version speaks for all published packages, that each changelog begins with it, that
// the table in CHANGELOG.md says of it what the code says, and that it is recorded for later versions.
import { existsSync, readFileSync } from 'node:fs'
import { join, relative } from 'node:path'

import { protocolVersion } from '../../packages/schema/src/base/protocol.ts'
import { versions as tables } from '../../packages/store/src/engines/postgres/connection/schema.ts'
import { migrations } from '../../packages/store/src/engines/sqlite/file/schema.ts'
import { publicPackages } from '../public-packages.ts'

const packages = publicPackages()
const complaints: string[] = []
const versions = new Map(packages.map(({ manifest }) => [manifest.version, manifest.name]))
if (versions.size !== 1) {
  const found = Array.from(versions, ([version, name]) => `${name} has ${version}`)
  complaints.push(`All published packages need the same version: ${found.join(', ')}.`)
}

const changelog = readFileSync('CHANGELOG.md', 'utf8')
for (const { folder, manifest } of packages) {
  const file = relative('.', join(folder, 'CHANGELOG.md'))
  const newest = existsSync(file) ? /^## (.*)$/m.exec(readFileSync(file, 'utf8'))?.[1] : 'missing'
  if (newest !== manifest.version)
    complaints.push(`${file} begins with ${newest}, and the version is ${manifest.version}.`)
  if (!changelog.includes(`(${file})`)) complaints.push(`CHANGELOG.md has no link to ${file}.`)
}

const [version = ''] = versions.keys()
const expected = [
  version,
  protocolVersion,
  migrations.length,
  tables.length,
  nodeOf('@caughtup/server'),
  nodeOf('@caughtup/web-client'),
]
const row = `| ${expected.join(' | ')} |`
if (!changelog.includes(row)) complaints.push(`The table in CHANGELOG.md needs the row ${row}`)
// What a version keeps and sends is recorded, so that later ones can be held to it.
if (!existsSync(`tests/fixtures/${version}`))
  complaints.push(`There is no tests/fixtures/${version}: run pnpm record-release.`)
// By docs/versioning.md a patch changes none of what the table has.
const traits = new Map<string, string>()
for (const [, minor = '', found = ''] of changelog.matchAll(/^\| (\d+\.\d+)\.\S+ \| (.*) \|$/gm)) {
  const other = traits.get(minor) ?? found
  traits.set(minor, found)
  if (found !== other)
    complaints.push(`Versions ${minor} have ${found} and ${other}: that takes a minor version.`)
}

if (complaints.length > 0) {
  console.error(complaints.join('\n'))
  process.exitCode = 1
} else {
  console.log(`${packages.length} packages have version ${version}, and their changelogs say so.`)
}

function nodeOf(name: string): string {
  const found = packages.find(({ manifest }) => manifest.name === name)?.manifest.engines?.node
  return found?.replace('>=', '') ?? 'unknown'
}
