import type { Clock } from '@caughtup/schema/clock'
import type { Agent, Summarise } from '@caughtup/server'

import { createCommands } from './agents/create-commands.ts'
import { routeAgent } from './agents/route-agent.ts'
import type { DemoConfig } from './config/config.ts'
import type { Filler } from './fill/filler.ts'
import { createGuideAgent } from './guide/guide-agent.ts'
import { summariseByExtract } from './guide/summarise.ts'
import { chatModel } from './openai/chat-model.ts'
import { createModelAgent } from './openai/model-agent.ts'
import { summariseByModel } from './openai/model-summarise.ts'
import { createRepoTools } from './repository/repo-tools.ts'
import type { Repository } from './repository/repository.ts'
import type { SearchIndex } from './repository/search-index.ts'

export interface AgentOptions {
  config: Pick<DemoConfig, 'model' | 'tokensPerSecond'>
  repository: Repository
  index: SearchIndex
  filler: Filler
  clock: Clock
}

/**
 * Chooses the agent and the summariser: a language model if one is configured, else the guide. The
 * filling always uses the guide, at full speed, so that nobody pays a model for it.
 */
export function createAgent(options: AgentOptions): {
  agent: Agent
  summarise: Summarise
  /** The model's name in the session list. */
  model: string
} {
  const { config, repository, index, filler, clock } = options
  const tools = createRepoTools(repository, index)
  const guide = createGuideAgent({ tools, index })
  const model = config.model && chatModel(config.model)
  const answer = model ? createModelAgent(model, tools) : guide
  const summarise = model ? summariseByModel(model) : summariseByExtract
  return {
    agent: routeAgent({
      commands: createCommands(tools),
      agent: (context) => (filler.asked(context) ? guide : answer)(context),
      clock,
      tokensPerSecond: (context) => (filler.asked(context) ? Infinity : config.tokensPerSecond),
    }),
    model: config.model?.name ?? 'guide',
    summarise: (context) =>
      (filler.owns(context.sessionId) ? summariseByExtract : summarise)(context),
  }
}
