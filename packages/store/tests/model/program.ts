import fc from 'fast-check'

/** A program's next step on one of its sessions. */
export interface Step {
  /** An index modulo the number of sessions; `pick` is one of messages. */
  session: number
  action: Action
}

export type Action = WriteAction | RunAction | HistoryAction | MachineAction

/** Steps of runs and their answers. */
export type WriteAction =
  | { do: 'start'; driver: 'writer' | 'update' }
  | { do: 'text' | 'reasoning'; text: string }
  | { do: 'update'; change: 'append' | 'rewrite' | 'add'; text: string }
  | { do: 'draft'; change: 'append' | 'rewrite' | 'add' | 'done'; text: string }
  | { do: 'finish'; reason: 'stop' | 'interrupted' }
  | { do: 'thought' | 'tool' }
  | { do: 'label' }
  | { do: 'queue' | 'steer' | 'next' | 'usage' }

/** Steps of runs besides their answers' text. */
export type RunAction =
  | { do: 'wait'; calls: readonly ('approval' | 'client')[] }
  | { do: 'answer'; pick: number; isOutdated: boolean }
  | { do: 'take'; isOutdated: boolean }
  | { do: 'continue' | 'interrupt' | 'requeue' }

/** Steps that change history. */
export type HistoryAction =
  | { do: 'edit'; pick: number; text: string }
  | { do: 'delete' | 'erase' | 'fork' | 'repeat'; pick: number }
  | { do: 'truncate'; pick: number | undefined }
  | { do: 'undo' | 'redo' }
  | { do: 'choose' | 'retry' | 'resend'; pick: number }
  | { do: 'boundary'; kind: 'compaction' | 'reset' }
  | { do: 'import'; count: number }

/** Steps of readers, time and the process. */
type MachineAction =
  | { do: 'flush' | 'snapshot' | 'follow' | 'read' | 'check' | 'reopen' | 'crash' }
  | { do: 'maintain'; keep: number | undefined }

const pick = fc.nat({ max: 20 })
const text = fc.string({ minLength: 1, maxLength: 5 })
const is = fc.constantFrom

const calls = fc.array(is('approval' as const, 'client' as const), { minLength: 1, maxLength: 3 })
const isOutdated = fc.nat({ max: 3 }).map((number) => number === 0)
const runAction: fc.Arbitrary<Action> = fc.oneof(
  { weight: 3, arbitrary: fc.record({ do: is('wait'), calls }) },
  { weight: 6, arbitrary: fc.record({ do: is('answer'), pick, isOutdated }) },
  { weight: 2, arbitrary: fc.record({ do: is('continue', 'continue', 'requeue', 'interrupt') }) },
  { weight: 3, arbitrary: fc.record({ do: is('steer', 'queue', 'next') }) },
  { weight: 3, arbitrary: fc.record({ do: is('take'), isOutdated }) },
)

const action: fc.Arbitrary<Action> = fc.oneof(
  { weight: 10, arbitrary: runAction },
  { weight: 12, arbitrary: fc.record({ do: is('text', 'reasoning'), text }) },
  {
    weight: 4,
    arbitrary: fc.record({ do: is('start'), driver: is('writer', 'writer', 'update') }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      do: is('update'),
      change: is('append', 'rewrite', 'add'),
      text,
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({ do: is('draft'), change: is('append', 'rewrite', 'add', 'done'), text }),
  },
  { weight: 8, arbitrary: fc.record({ do: is('finish'), reason: is('stop', 'interrupted') }) },
  { weight: 3, arbitrary: fc.record({ do: is('edit'), pick, text }) },
  { weight: 6, arbitrary: fc.record({ do: is('delete', 'erase', 'fork', 'repeat'), pick }) },
  {
    weight: 2,
    arbitrary: fc.record({ do: is('truncate'), pick: fc.option(pick, { nil: undefined }) }),
  },
  { weight: 2, arbitrary: fc.record({ do: is('boundary'), kind: is('compaction', 'reset') }) },
  { weight: 1, arbitrary: fc.record({ do: is('import'), count: fc.integer({ min: 1, max: 3 }) }) },
  {
    weight: 2,
    arbitrary: fc.record({ do: is('maintain'), keep: fc.option(pick, { nil: undefined }) }),
  },
  { weight: 4, arbitrary: fc.record({ do: is('label') }) },
  { weight: 4, arbitrary: fc.record({ do: is('thought', 'tool', 'queue', 'next', 'usage') }) },
  { weight: 8, arbitrary: fc.record({ do: is('undo', 'redo') }) },
  { weight: 6, arbitrary: fc.record({ do: is('choose', 'retry', 'resend'), pick }) },
  { weight: 8, arbitrary: fc.record({ do: is('flush', 'snapshot', 'follow', 'read', 'check') }) },
  { weight: 2, arbitrary: fc.record({ do: is('reopen', 'crash') }) },
)

const versionAction: fc.Arbitrary<Action> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ do: is('import'), count: fc.integer({ min: 1, max: 2 }) }) },
  { weight: 4, arbitrary: fc.record({ do: is('start'), driver: is('writer') }) },
  { weight: 8, arbitrary: fc.record({ do: is('finish'), reason: is('stop') }) },
  { weight: 24, arbitrary: fc.record({ do: is('choose', 'choose', 'retry', 'resend'), pick }) },
  { weight: 8, arbitrary: fc.record({ do: is('undo', 'undo', 'redo', 'redo', 'redo') }) },
  { weight: 8, arbitrary: fc.record({ do: is('delete', 'erase', 'erase', 'edit'), pick, text }) },
  { weight: 1, arbitrary: fc.record({ do: is('truncate'), pick }) },
  { weight: 1, arbitrary: fc.record({ do: is('boundary'), kind: is('compaction', 'reset') }) },
  { weight: 4, arbitrary: fc.record({ do: is('follow', 'read', 'check', 'reopen', 'crash') }) },
)

/** Programs that make, choose and remove versions of what follows a message. */
export const versionProgram: fc.Arbitrary<Step[]> = fc.array(
  fc.record({ session: fc.constant(0), action: versionAction }),
  { minLength: 25, maxLength: 60, size: 'max' },
)

const startAndText: fc.Arbitrary<Action> = fc.oneof(
  fc.record({ do: is('start'), driver: is('writer') }),
  fc.record({ do: is('text', 'reasoning'), text }),
)
const actionOfRuns: fc.Arbitrary<Action> = fc.oneof(
  { weight: 4, arbitrary: runAction },
  { weight: 2, arbitrary: startAndText },
  { weight: 1, arbitrary: action },
)

/** Programs whose runs wait, are continued, and take prompts. */
export const programOfRuns: fc.Arbitrary<Step[]> = fc.array(
  fc.record({ session: fc.constant(0), action: actionOfRuns }),
  { minLength: 20, maxLength: 60, size: 'max' },
)

/** Programs for a few sessions of one store. */
export const program: fc.Arbitrary<Step[]> = fc.array(
  fc.record({ session: fc.nat({ max: 3 }), action }),
  { maxLength: 80, size: 'max' },
)
