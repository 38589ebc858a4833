import fc from 'fast-check'
import { describe, expect, test } from 'vitest'

import { crashableEngines } from '../support/crashable-engine.ts'
import { figure, long } from '../support/long.ts'
import { allEngines, type AnyEngine } from '../support/test-engines.ts'
import { nothingSeen } from './oracle/oracle-session.ts'
import { type Action, program, programOfRuns, type Step, versionProgram } from './program.ts'
import { runProgram } from './run-program.ts'

const inProcess = { any: 150, versions: long ? 2_000 : 100, runs: long ? 2_000 : 60 }
/** Programs of each kind: on PostgreSQL one takes a hundred times as long. */
const sized: Record<AnyEngine, typeof inProcess> = {
  memory: inProcess,
  sqlite: inProcess,
  postgres: long ? { any: 100, versions: 100, runs: 100 } : { any: 4, versions: 8, runs: 8 },
}

/** Steps on one session. */
function steps(...actions: Action[]) {
  return actions.map((action) => ({ session: 0, action }))
}

type Seen = typeof nothingSeen

/**
 * Runs many programs, and more of them until each of `expected` has happened: some are rare, so that a few runs
 * in a hundred would lack one. Of the few programs that PostgreSQL runs in a short test, not all can be expected.
 */
async function runMany(
  engine: AnyEngine,
  programs: fc.Arbitrary<Step[]>,
  { numRuns, expected }: { numRuns: number; expected: readonly (keyof Seen)[] },
): Promise<Seen> {
  const seen = { ...nothingSeen }
  const lacks = () => expected.filter((name) => seen[name] === 0)
  for (let round = 1; round === 1 || (lacks().length > 0 && round <= 10); round++) {
    await fc.assert(
      fc.asyncProperty(programs, async (some) => {
        for (const each of await runProgram(crashableEngines[engine](), some)) addTo(seen, each)
      }),
      { numRuns },
    )
    if (engine === 'postgres' && !long) return seen
  }
  expect(lacks()).toEqual([])
  return seen
}

function addTo(sum: typeof nothingSeen, more: typeof nothingSeen): void {
  for (const name of namesOf(more)) sum[name] += more[name]
}

function namesOf(seen: typeof nothingSeen): (keyof typeof nothingSeen)[] {
  return Object.keys(seen) as (keyof typeof nothingSeen)[]
}

const start: Action = { do: 'start', driver: 'writer' }
const finish: Action = { do: 'finish', reason: 'stop' }
const text: Action = { do: 'text', text: 'a' }

describe.each(allEngines)('on %s', (engine) => {
  test('a store equals its oracle after any program', async () => {
    await fc.assert(
      fc.asyncProperty(program, async (some) => {
        await runProgram(crashableEngines[engine](), some)
      }),
      { numRuns: sized[engine].any },
    )
  }, 240_000)

  test('versions of a session equal a tree, in every view and after every cut', async () => {
    const seen = await runMany(engine, versionProgram, {
      numRuns: sized[engine].versions,
      expected: ['chosen', 'redone', 'dropped', 'marked'],
    })
    figure(`versions on ${engine}: ${JSON.stringify(seen)}`)
  }, 1_200_000)

  test('runs that wait, are continued, interrupted, and take prompts are as in the oracle', async () => {
    const seen = await runMany(engine, programOfRuns, {
      numRuns: sized[engine].runs,
      expected: [
        'waited',
        'answered',
        'answeredLate',
        'continued',
        'taken',
        'takenLate',
        'interrupted',
      ],
    })
    figure(`runs on ${engine}: ${JSON.stringify(seen)}`)
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
