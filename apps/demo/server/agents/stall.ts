import type { AgentPart } from '@caughtup/schema'

import type { Pace } from '../text/paced.ts'
import type { Command } from './command.ts'
import { sayText } from '../text/speak.ts'

/** Falls silent and ignores its signal: only the server can end its run. */
export const stall: Command = {
  name: 'stall',
  usage: '/stall',
  description: 'falls silent halfway and ignores its signal; press stop',
  run: (_args, { pace }) => sayAndHang(pace),
}

async function* sayAndHang(pace: Pace): AsyncGenerator<AgentPart, void, undefined> {
  yield* sayText('From here on I say nothing', 'stall', pace)
  await new Promise<never>(() => {})
}
