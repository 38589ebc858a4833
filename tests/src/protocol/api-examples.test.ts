import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'

import { expect, test } from 'vitest'

import { examplesIn, readProtocol } from './document.ts'
import { exchangesIn } from './exchanges.ts'
import { repositoryRoot } from '../docs/doc-samples.ts'

const file = path.join(repositoryRoot, 'packages/server/src/adapters/openapi/examples.json')

test('the OpenAPI document shows the first call of each procedure in PROTOCOL.md', () => {
  const shown: Record<string, { input?: unknown; output: unknown }> = {}
  for (const { procedure, input, status, answer } of exchangesIn(examplesIn(readProtocol()))) {
    if (status !== 200 || answer === undefined) continue
    shown[procedure] ??= { ...(input !== undefined && { input }), output: answer }
  }
  // As for PROTOCOL.md itself.
  if (process.env['UPDATE_PROTOCOL'] === '1') {
    writeFileSync(file, `${JSON.stringify(shown, undefined, 2)}\n`)
  }
  expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual(shown)
  expect(Object.keys(shown).length).toBeGreaterThan(25)
})
