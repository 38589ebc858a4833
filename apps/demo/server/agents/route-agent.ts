import type { Clock } from '@caughtup/schema/clock'
import type { Agent, AgentContext } from '@caughtup/server'

import { messageText } from '../../shared/message-text.ts'
import type { Command } from './command.ts'
import type { DemoAgent } from './demo-agent.ts'
import { sayText } from '../text/speak.ts'

export interface RouteOptions {
  commands: readonly Command[]
  /** Answers every prompt that is not a command. */
  agent: DemoAgent
  clock: Clock
  /** How fast a run's answer streams. */
  tokensPerSecond: (context: AgentContext) => number
}

/** The demo's agent: runs a command, or passes the prompt to the agent that answers questions. */
export function routeAgent({ commands, agent, clock, tokensPerSecond }: RouteOptions): Agent {
  const byName = new Map(commands.map((command) => [command.name, command]))
  return (context) => {
    const perSecond = tokensPerSecond(context)
    const paced = { ...context, pace: { clock, perSecond, signal: context.signal } }
    const text = messageText(context.prompt).trim()
    const name = /^\/([\w-]*)(\s|$)/.exec(text)?.[1]
    if (name === undefined) return agent(paced)
    const command = byName.get(name)
    if (command) return command.run(text.split(/\s+/).slice(1), paced)
    return sayText(
      `There is no command \`/${name}\`. \`/help\` lists the commands.`,
      'unknown',
      paced.pace,
    )
  }
}
