import type { AgentPart } from '@caughtup/schema'

import type { Command } from './command.ts'
import type { DemoContext } from './demo-agent.ts'
import { sayReasoning, sayText } from '../text/speak.ts'

/** Reasons about the number of messages in the epoch, then states it. */
export const think: Command = {
  name: 'think',
  usage: '/think',
  description: 'reasons first, then answers',
  run: (_args, context) => countMessages(context),
}

async function* countMessages(context: DemoContext): AsyncGenerator<AgentPart, void, undefined> {
  const { messages, pace } = context
  const asked = messages.filter(({ role }) => role === 'user').length
  const answered = messages.filter(({ role }) => role === 'assistant').length
  const summarised = messages.some(({ role }) => role === 'system')
  yield* sayReasoning(
    `How long is this conversation? My context is the newest epoch, ${counted(messages.length, 'message')}: ` +
      `${counted(asked, 'prompt')} including this one, and ${counted(answered, 'answer')}. ` +
      (summarised
        ? 'The first message is a summary, so there were earlier epochs, which I cannot see.'
        : 'None of them is a summary, so no earlier messages were compacted.'),
    'thinking',
    pace,
  )
  yield* sayText(
    `In this epoch you have sent **${counted(asked, 'prompt')}**, and I had given **${counted(answered, 'answer')}** before this one.`,
    'answer',
    pace,
  )
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`
}
