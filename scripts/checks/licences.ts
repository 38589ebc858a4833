// Checks that all that the published packages install has a licence that allows every use, and that
// docs/licences.md lists it.
//
//   node scripts/checks/licences.ts            checks
//   node scripts/checks/licences.ts --write    writes docs/licences.md
import { readFileSync, writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'

import { writeSboms } from '../write-sboms.ts'

/** SPDX names of licences that ask for no more than to keep their text. */
const allowed = new Set(['0BSD', 'Apache-2.0', 'BSD-2-Clause', 'BSD-3-Clause', 'ISC', 'MIT'])
const document = 'docs/licences.md'
const { values } = parseArgs({ options: { write: { type: 'boolean', default: false } } })

const licences = new Map<string, { licence: string; users: Set<string> }>()
for (const { name, components } of writeSboms()) {
  for (const component of components) {
    if (component.name.startsWith('@caughtup/')) continue
    const key = `${component.name} | ${component.version}`
    const found = licences.get(key) ?? { licence: component.licence, users: new Set() }
    licences.set(key, found)
    found.users.add(name.replace('@caughtup/', ''))
  }
}
const lines = Array.from(
  licences,
  ([key, { licence, users }]) => `| ${key} | ${licence} | ${[...users].sort().join(', ')} |`,
).sort()

const text = `# Licences

Caughtup has the [MIT licence](../LICENSE). No code of others is in its packages; this is what they install, at the
versions that the tests use. Peers, such as React, \`ai\`, \`ws\` and \`pg\`, are yours to install, and are not listed.

This file is written by \`pnpm exec node scripts/checks/licences.ts --write\`. \`pnpm check licences\` compares it with
what is installed, and fails for any other licence than ${[...allowed].join(', ')}.
A release writes the same for programs: a list of components (SBOM, CycloneDX) for each package.

| package | version | licence | for |
|---|---|---|---|
${lines.join('\n')}
`

const problems = Array.from(licences)
  .filter(([, { licence }]) => !isAllowed(licence))
  .map(([key, { licence }]) => `${key.replace(' | ', '@')} has the licence ${licence}.`)
if (licences.size === 0) problems.push('Nothing that is installed was found.')
if (values.write) writeFileSync(document, text)
else if (readFileSync(document, 'utf8') !== text)
  problems.push(
    `${document} does not list what is installed: run pnpm exec node scripts/checks/licences.ts --write.`,
  )
for (const problem of problems) console.error(problem)
console.log(`${licences.size} packages that ours install, ${problems.length} problems`)
process.exitCode = problems.length > 0 ? 1 : 0

/** Whether one of its alternatives has none but allowed licences. Nested expressions are refused. */
function isAllowed(licence: string): boolean {
  return licence
    .replace(/^\((.*)\)$/, '$1')
    .split(' OR ')
    .some((one) => one.split(' AND ').every((name) => allowed.has(name)))
}
