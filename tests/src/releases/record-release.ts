// Records what the present version keeps and sends, in tests/fixtures/<version>, which later versions have to
// open and to speak to. At a release, once, when its version is set.
//
//   pnpm record-release                  of the version of packages/store/package.json
//   pnpm record-release --force          in place of what was recorded of this version
import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { parseArgs } from 'node:util'

import { record } from './recording/record.ts'
import { folderOf } from './recorded/releases.ts'

const root = path.join(import.meta.dirname, '../../..')
const { values } = parseArgs({ options: { force: { type: 'boolean', default: false } } })
const version = versionOf(path.join(root, 'packages/store/package.json'))
const folder = folderOf(version)
if (existsSync(folder) && !values.force) {
  console.error(
    `${path.relative(root, folder)} is there: a released version is not recorded again.`,
  )
  process.exit(1)
}
await record(version)
console.log(`Recorded in ${path.relative(root, folder)}`)
process.exit(0)

function versionOf(manifest: string): string {
  const read: unknown = JSON.parse(readFileSync(manifest, 'utf8'))
  if (typeof read === 'object' && read && 'version' in read) return String(read.version)
  throw new Error(`${manifest} names no version.`)
}
