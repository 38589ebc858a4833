import { spawnSync } from 'node:child_process'
import path from 'node:path'

import { expect, test } from 'vitest'

const here = import.meta.dirname
const bin = (name: string) => path.join(here, 'node_modules/.bin', name)

/** The compiler of TypeScript 7; those of Vue and Svelte run on that of 5.9. */
const tsc = path.join(here, 'node_modules/typescript-7/bin/tsc')

test.each([
  ['Vue, Svelte and Solid, with all declarations checked', tsc, ['-p', '.']],
  ['React, as its start page', tsc, ['-p', 'react']],
  ['assistant-ui', tsc, ['-p', 'assistant-ui']],
  ['TanStack Query', tsc, ['-p', 'tanstack-query']],
  ['Vue’s templates', bin('vue-tsc'), ['-p', 'vue']],
  [
    'Svelte’s templates',
    bin('svelte-check'),
    ['--workspace', 'svelte', '--tsconfig', './tsconfig.json', '--fail-on-warnings'],
  ],
])(
  'the bindings compile with the types of %s',
  (_, command, args) => {
    const { status, stdout } = spawnSync(command, args, { cwd: here, encoding: 'utf8' })
    expect({ status, stdout: status === 0 ? '' : stdout }).toEqual({ status: 0, stdout: '' })
  },
  180_000,
)
