import { isStepCount, type LanguageModel, streamText } from 'ai'

import type { DemoAgent } from '../agents/demo-agent.ts'
import type { RepoTools } from '../repository/repo-tools.ts'
import { instructions } from './instructions.ts'
import { modelTools } from './model-tools.ts'
import { toModelMessages } from './to-model-messages.ts'

/** Most requests per answer: stops a model that only calls tools. */
const mostSteps = 8

/** Answers with a language model that has the repository's tools. */
export function createModelAgent(model: LanguageModel, tools: RepoTools): DemoAgent {
  return async ({ messages, signal }) => {
    const { stream } = streamText({
      model,
      instructions,
      messages: await toModelMessages(messages),
      tools: modelTools(tools),
      stopWhen: isStepCount(mostSteps),
      abortSignal: signal,
      // The chat server logs the error parts of the stream.
      onError: () => undefined,
    })
    return stream
  }
}
