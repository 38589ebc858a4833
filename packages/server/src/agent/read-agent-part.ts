import { type AgentPart, agentPart, CaughtupError, preview } from '@caughtup/schema'

/**
 * Validates a part that an agent yielded. Returns undefined for parts of types that are not stored.
 *
 * @throws CaughtupError `BAD_INPUT` if a part of a stored type is malformed
 */
export function readAgentPart(yielded: unknown): AgentPart | undefined {
  const parsed = agentPart.safeParse(yielded)
  if (parsed.success) return parsed.data
  const type = typeOf(yielded)
  if (type !== undefined && !storedTypes.has(type)) return undefined
  throw new CaughtupError('BAD_INPUT', `The agent yielded a malformed part: ${preview(yielded)}`, {
    field: 'part',
    value: preview(yielded),
  })
}

/** Data that is told to those who are watching, and not stored. */
export type Transient = Extract<AgentPart, { transient?: boolean | undefined }>

export function isTransient(part: AgentPart): part is Transient {
  return 'transient' in part && part.transient === true
}

const isStored: Record<Exclude<AgentPart['type'], `data-${string}`>, true> = {
  'text-start': true,
  'text-delta': true,
  'text-end': true,
  'reasoning-start': true,
  'reasoning-delta': true,
  'reasoning-end': true,
  'tool-input-start': true,
  'tool-input-delta': true,
  'tool-input-end': true,
  'tool-call': true,
  'tool-result': true,
  'tool-error': true,
  'tool-approval-request': true,
  'tool-approval-response': true,
  'tool-output-denied': true,
  source: true,
  file: true,
  'reasoning-file': true,
  custom: true,
  'message-metadata': true,
  start: true,
  'start-step': true,
  'finish-step': true,
  finish: true,
  abort: true,
  error: true,
}

const storedTypes: ReadonlySet<string> = new Set(Object.keys(isStored))

function typeOf(yielded: unknown): string | undefined {
  if (typeof yielded !== 'object' || yielded === null || !('type' in yielded)) return undefined
  return typeof yielded.type === 'string' ? yielded.type : undefined
}
