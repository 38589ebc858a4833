import type { AgentPart } from '@caughtup/schema'

import { type Pace, paced } from '../text/paced.ts'
import type { Command } from './command.ts'

/** Enough to see that the text before the failure is kept. */
const tokensBefore = 20

/** Throws in the middle of an answer. */
export const fail: Command = {
  name: 'fail',
  usage: '/fail',
  description: `fails after ${tokensBefore} tokens`,
  run: (_args, { pace }) => failAfter(tokensBefore, pace),
}

async function* failAfter(tokens: number, pace: Pace): AsyncGenerator<AgentPart, void, undefined> {
  const numbers = Array.from({ length: tokens }, (_, index) => index + 1)
  for await (const number of paced(numbers, pace)) {
    yield { type: 'text-delta', id: 'fail', text: number === 1 ? '1' : ` ${number}` }
  }
  throw new Error(`/fail failed after ${tokens} tokens, as intended.`)
}
