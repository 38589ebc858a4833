import { askAbout } from '../guide/compose-answer.ts'
import type { Section } from '../repository/section.ts'

/** A session that the filling creates, with the steps that it takes there. */
export interface PlannedSession {
  title: string
  steps: readonly FillStep[]
}

export type FillStep = { type: 'ask'; text: string } | { type: 'compact' } | { type: 'reset' }

export interface FillSize {
  /** Prompts of the long session. */
  turns: number
  /** Prompts of each of its epochs. */
  turnsPerEpoch: number
}

const short: readonly PlannedSession[] = [
  conversation('What Caughtup is', [
    'What is Caughtup?',
    'Where do things live in this repository?',
    'What is the layer rule?',
  ]),
  conversation('How a client catches up', [
    'How does a client resume after a lost connection?',
    'What is a cursor?',
    'What is in the window that a fresh client gets?',
    'more',
  ]),
  conversation('What a flush window costs', [
    'What is a flush window?',
    'How are deltas coalesced?',
    'When does a commit happen at once?',
  ]),
  conversation('Commands to try', ['/help', '/count 200 10000', '/think', '/tool']),
]

/**
 * The short sessions, then the long one: a walk through every section of the repository. Its epochs
 * end with compactions, except one in the middle, which ends with a reset.
 */
export function fillPlan(sections: readonly Section[], size: FillSize): PlannedSession[] {
  return [...short, { title: 'A walk through the source', steps: [...walk(sections, size)] }]
}

export function countPrompts(steps: readonly FillStep[]): number {
  return steps.filter(({ type }) => type === 'ask').length
}

function conversation(title: string, prompts: readonly string[]): PlannedSession {
  return { title, steps: prompts.map((text) => ({ type: 'ask', text })) }
}

function* walk(
  sections: readonly Section[],
  { turns, turnsPerEpoch }: FillSize,
): Generator<FillStep, void, undefined> {
  const boundaries = Math.ceil(turns / turnsPerEpoch) - 1
  const resetAt = Math.ceil(boundaries / 2)
  for (let turn = 0; turn < turns; turn++) {
    const boundary = turn / turnsPerEpoch
    if (turn > 0 && Number.isInteger(boundary)) {
      yield { type: boundary === resetAt ? 'reset' : 'compact' }
    }
    const section = sections[turn % sections.length]
    const round = Math.floor(turn / sections.length)
    yield { type: 'ask', text: section ? questionAbout(section, round) : 'What is Caughtup?' }
  }
}

/** Each round through the sections asks a different question. */
function questionAbout(section: Section, round: number): string {
  switch (round % 3) {
    case 0:
      return askAbout(section)
    case 1:
      return `Where else does “${section.title}” come up?`
    default:
      return `What is near line ${section.from} of ${section.path}?`
  }
}
