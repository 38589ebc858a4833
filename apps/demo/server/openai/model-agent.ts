import { streamTextAgent } from '@caughtup/server/ai-sdk'
import { isStepCount, type LanguageModel } from 'ai'

import type { DemoAgent } from '../agents/demo-agent.ts'
import type { RepoTools } from '../repository/repo-tools.ts'
import { instructions } from './instructions.ts'
import { modelTools } from './model-tools.ts'

/** Most requests per answer: stops a model that only calls tools. */
const mostSteps = 8

/** Answers with a language model that has the repository's tools. */
export function createModelAgent(model: LanguageModel, tools: RepoTools): DemoAgent {
  return streamTextAgent({
    model,
    instructions,
    tools: modelTools(tools),
    stopWhen: isStepCount(mostSteps),
  })
}
