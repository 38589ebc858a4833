import type { Command } from './command.ts'
import { sayText } from '../text/speak.ts'

const name = 'help'
const usage = '/help'
const description = 'lists these commands'

/** Lists the commands, itself included. */
export function helpCommand(commands: readonly Command[]): Command {
  const lines = [...commands, { usage, description }].map(
    (one) => `- \`${one.usage}\` ${one.description}`,
  )
  const text =
    `These commands have predictable answers:\n\n${lines.join('\n')}\n\n` +
    'Anything else is a question about this repository. Without a language model, token counts are ' +
    'estimates: four characters each.'
  return { name, usage, description, run: (_args, { pace }) => sayText(text, 'help', pace) }
}
