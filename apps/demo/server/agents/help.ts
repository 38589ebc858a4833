import type { Command } from './command.ts'
import { sayText } from './speak.ts'

const name = 'help'
const usage = '/help'
const what = 'lists these commands'

/** Lists the commands, itself included. */
export function helpCommand(commands: readonly Command[]): Command {
  const lines = [...commands, { usage, what }].map((one) => `- \`${one.usage}\` ${one.what}`)
  const text =
    `These always do the same:\n\n${lines.join('\n')}\n\n` +
    'Everything else is a question about this repository. Without a language model its tokens are ' +
    'counted roughly, four characters each.'
  return { name, usage, what, run: (_args, { pace }) => sayText(text, 'help', pace) }
}
