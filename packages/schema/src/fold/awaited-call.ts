import type { Part, ToolPart } from '../model/part.ts'

/** A tool call that a person has to approve, or that a client has to make. */
export type AwaitedCall = Extract<ToolPart, { state: 'approval-requested' | 'input-available' }>

/**
 * Whether a tool call waits for an answer from outside. Calls that a provider executes and approvals
 * that a program gives do not.
 */
export function isAwaited(part: Part): part is AwaitedCall {
  if (part.type !== 'dynamic-tool') return false
  if (part.state === 'approval-requested') return part.approval.isAutomatic !== true
  return part.state === 'input-available' && part.providerExecuted !== true
}
