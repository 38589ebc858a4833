import { spawnSync } from 'node:child_process'
import path from 'node:path'

import { expect, test } from 'vitest'

test.each([
  ['Vue, Svelte and Solid, with all declarations checked', '.'],
  ['React, as its start page', 'react'],
  ['assistant-ui', 'assistant-ui'],
  ['TanStack Query', 'tanstack-query'],
])(
  'the bindings compile with the types of %s',
  (_, folder) => {
    const tsc = path.join(import.meta.dirname, 'node_modules/.bin/tsc')
    const project = path.join(import.meta.dirname, folder)
    const { stdout } = spawnSync(tsc, ['-p', project], { encoding: 'utf8' })
    expect(stdout).toBe('')
  },
  60_000,
)
