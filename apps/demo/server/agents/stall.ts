import type { AgentPart } from '@caughtup/schema'

import type { Pace } from '../text/paced.ts'
import type { Command } from './command.ts'
import { sayText } from './speak.ts'

/** Stops without a word and ignores its signal: only the server can end it. */
export const stall: Command = {
  name: 'stall',
  usage: '/stall',
  what: 'stops in the middle and ignores being told to end; interrupt it',
  run: (_args, { pace }) => sayAndHang(pace),
}

async function* sayAndHang(pace: Pace): AsyncGenerator<AgentPart, void, undefined> {
  yield* sayText('From here on I say nothing', 'stall', pace)
  await new Promise<never>(() => {})
}
