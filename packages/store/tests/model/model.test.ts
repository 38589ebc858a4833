import fc from 'fast-check'
import { describe, expect, test } from 'vitest'

import { crashableEngines } from '../support/crashable-engine.ts'
import { figure, long } from '../support/long.ts'
import { engines } from '../support/test-engines.ts'
import { type Action, program, versionProgram } from './program.ts'
import { runProgram } from './run-program.ts'

/** Steps on one session. */
function steps(...actions: Action[]) {
  return actions.map((action) => ({ session: 0, action }))
}

const start: Action = { do: 'start', driver: 'writer' }
const finish: Action = { do: 'finish', reason: 'stop' }
const text: Action = { do: 'text', text: 'a' }

describe.each(engines)('on %s', (engine) => {
  test('a store equals its oracle after any program', async () => {
    await fc.assert(
      fc.asyncProperty(program, async (some) => {
        await runProgram(crashableEngines[engine](), some)
      }),
      { numRuns: 150 },
    )
  }, 240_000)

  test('versions of a session equal a tree, in every view and after every cut', async () => {
    const seen = { chosen: 0, redone: 0, dropped: 0, marked: 0 }
    await fc.assert(
      fc.asyncProperty(versionProgram, async (some) => {
        for (const each of await runProgram(crashableEngines[engine](), some)) {
          for (const name of ['chosen', 'redone', 'dropped', 'marked'] as const) {
            seen[name] += each[name]
          }
        }
      }),
      { numRuns: long ? 2_000 : 100 },
    )
    figure(`versions on ${engine}: ${JSON.stringify(seen)}`)
    for (const times of Object.values(seen)) expect(times).toBeGreaterThan(0)
  }, 1_200_000)

  // Programs that found a fault once.
  test('a cursor stays valid through a commit that is refused after a reopening', async () => {
    const some = steps(start, { do: 'reopen' }, { do: 'next' }, { do: 'follow' }, text)
    await runProgram(crashableEngines[engine](), some)
  })

  test('a reset forgets undone messages', async () => {
    const reset: Action = { do: 'boundary', kind: 'reset' }
    const some = steps(start, finish, { do: 'undo' }, reset, { do: 'redo' })
    await runProgram(crashableEngines[engine](), some)
  })

  test('a refused change loses no unpacked entry', async () => {
    const truncate: Action = { do: 'truncate', pick: undefined }
    await runProgram(crashableEngines[engine](), steps(start, text, truncate, { do: 'reopen' }))
  })

  test('a redone turn whose prompt was erased meanwhile offers no undo', async () => {
    const erase: Action = { do: 'erase', pick: 0 }
    const some = steps(start, finish, { do: 'undo' }, erase, { do: 'redo' })
    await runProgram(crashableEngines[engine](), some)
  })

  test('undone messages stay hidden after a reopening, also beside an older open message', async () => {
    const draft: Action = { do: 'draft', change: 'append', text: 'a' }
    await runProgram(
      crashableEngines[engine](),
      steps(draft, start, finish, { do: 'undo' }, { do: 'reopen' }),
    )
  })

  test('a fork that begins with a summary offers no undo of it', async () => {
    const some = steps(
      { do: 'import', count: 1 },
      { do: 'boundary', kind: 'compaction' },
      { do: 'fork', pick: 1 },
    )
    await runProgram(crashableEngines[engine](), some)
  })

  test('a view from before an erasure drops the context usage of the erased answer', async () => {
    const erase: Action = { do: 'erase', pick: 1 }
    await runProgram(crashableEngines[engine](), steps({ do: 'follow' }, start, finish, erase))
  })
})
