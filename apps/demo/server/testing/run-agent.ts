import { type AgentPart, agentPart, type Message } from '@caughtup/schema'
import { systemClock } from '@caughtup/schema/clock'

import type { DemoContext } from '../agents/demo-agent.ts'
import type { Pace } from '../text/paced.ts'

/** A message as an agent receives it. */
export function testMessage(
  order: number,
  role: Message['role'],
  content: string | Message['parts'],
): Message {
  return {
    id: `m${order}`,
    order,
    role,
    parts: typeof content === 'string' ? [{ type: 'text', text: content }] : content,
    metadata: { createdAt: 0 },
    revision: order,
    epoch: 0,
    status: 'done',
  }
}

/** The context of a run whose prompt is the last message; at full speed by default. */
export function testContext(
  messages: Message[] | string,
  { clock = systemClock, perSecond = Infinity, signal = new AbortController().signal } = {},
): DemoContext {
  const all = typeof messages === 'string' ? [testMessage(1, 'user', messages)] : messages
  const prompt = all.at(-1)
  if (!prompt) throw new Error('A run needs a prompt.')
  const pace: Pace = { clock, perSecond, signal }
  const emit = () => undefined
  const steer = () => Promise.resolve([])
  const run = { sessionId: 's', runId: 'r', attempt: 1 }
  return { ...run, messages: all, prompt, signal, emit, steer, pace }
}

/** Collects the known parts of a stream until it ends. */
export async function collect(
  stream: AsyncIterable<{ type: string }> | Promise<AsyncIterable<{ type: string }>>,
): Promise<AgentPart[]> {
  const parts: AgentPart[] = []
  for await (const part of await stream) {
    const kept = agentPart.safeParse(part)
    if (kept.success) parts.push(kept.data)
  }
  return parts
}

export function partsOf<Type extends AgentPart['type']>(
  parts: readonly AgentPart[],
  type: Type,
): Extract<AgentPart, { type: Type }>[] {
  return parts.filter((part): part is Extract<AgentPart, { type: Type }> => part.type === type)
}

export function textOf(parts: readonly AgentPart[]): string {
  return partsOf(parts, 'text-delta')
    .map(({ text }) => text)
    .join('')
}
