import type { AgentPart } from '@caughtup/schema'

import type { Command } from './command.ts'
import type { DemoContext } from './demo-agent.ts'
import { sayReasoning, sayText } from './speak.ts'

/** Reasons about how many messages the session has, then says it. */
export const think: Command = {
  name: 'think',
  usage: '/think',
  what: 'reasons first, then answers',
  run: (_args, context) => countMessages(context),
}

async function* countMessages(context: DemoContext): AsyncGenerator<AgentPart, void, undefined> {
  const { messages, pace } = context
  const asked = messages.filter(({ role }) => role === 'user').length
  const answered = messages.filter(({ role }) => role === 'assistant').length
  const summarised = messages.some(({ role }) => role === 'system')
  yield* sayReasoning(
    `How long is this conversation? I am given the newest epoch: ${messages.length} messages. ` +
      `Of these, ${asked} are prompts, the newest of which I am answering, and ${answered} are answers. ` +
      (summarised
        ? 'The first one is a summary, so there were earlier epochs, which I do not see.'
        : 'None of them is a summary, so nothing was compacted before them.'),
    'thinking',
    pace,
  )
  yield* sayText(
    `In this epoch you have asked **${asked}** ${asked === 1 ? 'time' : 'times'} and I have answered **${answered}** ${answered === 1 ? 'time' : 'times'} before now.`,
    'answer',
    pace,
  )
}
