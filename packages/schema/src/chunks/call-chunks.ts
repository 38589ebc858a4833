import type { ToolPart } from '../model/part.ts'
import { beginsWith } from './begins-with.ts'
import { isSame } from './same-value.ts'
import type { UiChunk } from './ui-chunk.ts'

type StateOf<S extends ToolPart['state']> = Extract<ToolPart, { state: S }>
type Approval = StateOf<'approval-requested' | 'approval-responded'>['approval']
type Answer = Partial<Pick<StateOf<'approval-responded'>['approval'], 'approved' | 'reason'>>

/** Where a call is in the client's message. */
export interface CallPlace {
  /** The ids under which the client knows it, and its approval. */
  id: string
  approvalId: string
  /** Whether it is in the last step: a client finds the input of other calls no more. */
  inStep: boolean
}

/** A call goes from one state to those of a higher rank, without its input being sent again. */
const ranks: Record<ToolPart['state'], number> = {
  'input-streaming': 0,
  'input-available': 1,
  'approval-requested': 2,
  'approval-responded': 3,
  'output-available': 4,
  'output-error': 4,
  'output-denied': 4,
}

/**
 * Of a tool call. Clients make a call at its `tool-input-available`, so only one that nothing has answered
 * yet is said like this; the input of another one is said in the way that inputs stream.
 */
export function callChunks(
  was: ToolPart | undefined,
  call: ToolPart,
  { id, approvalId, inStep }: CallPlace,
): UiChunk[] | undefined {
  if (was && (was.toolCallId !== call.toolCallId || hasLost(was, call))) return undefined
  const about = { toolCallId: id, toolName: call.toolName, dynamic: true as const, ...said(call) }
  const same = was !== undefined && isSame(described(was), described(call))
  if (call.state === 'input-streaming') {
    const { rawInput, inputEncoding } = call
    const goesOn =
      same &&
      was.state === 'input-streaming' &&
      was.inputEncoding === inputEncoding &&
      beginsWith(rawInput, was.rawInput)
    const delta = goesOn ? rawInput.slice(was.rawInput.length) : rawInput
    const start = { type: 'tool-input-start', ...about } as const
    return inPlace([
      ...(goesOn ? [] : [{ ...start, ...(inputEncoding && { inputEncoding }) }]),
      ...inputDelta(id, delta),
    ])
  }
  const known = same && was.state !== 'input-streaming' && isSame(was.input, call.input)
  if (call.state === 'input-available') {
    if (known && was.state === 'input-available') return []
    return inPlace([{ type: 'tool-input-available', ...about, input: call.input }])
  }
  const goesOn = known && stateGoesOn(was.state, call.state) && answersGoOn(was, call)
  const before = goesOn ? was : undefined
  const asked = approvalChunks(approvalOf(before), approvalOf(call), id, approvalId)
  const answered =
    asked.length === 0 && before && isSame(resultOf(before), resultOf(call))
      ? []
      : resultChunks(call, id)
  if (goesOn) return [...asked, ...answered]
  const input = call.input === undefined ? '' : JSON.stringify(call.input)
  const opened: UiChunk[] = [{ type: 'tool-input-start', ...about }, ...inputDelta(id, input)]
  return inPlace([...opened, ...asked, ...answered])

  function inPlace(chunks: UiChunk[]): UiChunk[] | undefined {
    return was && chunks.length > 0 && !inStep ? undefined : chunks
  }
}

/** A client keeps the output of a call that is denied after it. */
function stateGoesOn(was: ToolPart['state'], state: ToolPart['state']): boolean {
  if (ranks[was] === ranks[state]) return was === state || state !== 'output-denied'
  return ranks[was] < ranks[state]
}

function inputDelta(toolCallId: string, inputTextDelta: string): UiChunk[] {
  return inputTextDelta === '' ? [] : [{ type: 'tool-input-delta', toolCallId, inputTextDelta }]
}

/** What a call says about itself in every state. */
function described({ toolName, ...call }: ToolPart) {
  return { toolName, ...said(call) }
}

function said(call: Omit<ToolPart, 'toolName'>) {
  const { title, providerExecuted, toolMetadata, callProviderMetadata } = call
  return {
    ...(title !== undefined && { title }),
    ...(providerExecuted !== undefined && { providerExecuted }),
    ...(toolMetadata && { toolMetadata }),
    ...(callProviderMetadata && { providerMetadata: callProviderMetadata }),
  }
}

function approvalOf(call: ToolPart | undefined): (Approval & Answer) | undefined {
  return call && 'approval' in call ? call.approval : undefined
}

function resultMetadataOf(call: ToolPart) {
  return 'resultProviderMetadata' in call ? call.resultProviderMetadata : undefined
}

/**
 * Whether a member is gone that no chunk takes away. A request that nobody answered may stay with a call
 * that has a result.
 */
function hasLost(was: ToolPart, call: ToolPart): boolean {
  const now: Readonly<Record<string, unknown>> = said(call)
  const approval = approvalOf(was)
  const mayStay = approval?.approved === undefined && ranks[call.state] === 4
  return (
    Object.keys(said(was)).some((name) => now[name] === undefined) ||
    (resultMetadataOf(was) !== undefined && resultMetadataOf(call) === undefined) ||
    (approval !== undefined && approvalOf(call) === undefined && !mayStay)
  )
}

function requestOf({ approved: _, reason: __, ...request }: Approval & Answer) {
  return request
}

/** Whether the approval is the same as far as it is known. */
function answersGoOn(was: ToolPart, call: ToolPart): boolean {
  const [before, after] = [approvalOf(was), approvalOf(call)]
  if (!before || !after) return true
  return isSame(
    before.approved === undefined ? requestOf(before) : before,
    before.approved === undefined ? requestOf(after) : after,
  )
}

function approvalChunks(
  was: (Approval & Answer) | undefined,
  approval: (Approval & Answer) | undefined,
  toolCallId: string,
  approvalId: string,
): UiChunk[] {
  if (!approval) return []
  const { descriptor, inputSchemaInput, requestReason, isAutomatic, signature } = approval
  const { approved, reason } = approval
  const request: UiChunk = {
    type: 'tool-approval-request',
    toolCallId,
    approvalId,
    ...(descriptor !== undefined && { approvalDescriptor: descriptor }),
    ...(inputSchemaInput !== undefined && { inputSchemaInput }),
    ...(requestReason !== undefined && { reason: requestReason }),
    ...(isAutomatic !== undefined && { isAutomatic }),
    ...(signature !== undefined && { signature }),
  }
  const answer: UiChunk[] =
    approved === undefined || was?.approved !== undefined
      ? []
      : [
          {
            type: 'tool-approval-response',
            approvalId,
            approved,
            ...(reason !== undefined && { reason }),
          },
        ]
  return [...(was ? [] : [request]), ...answer]
}

/** All that tells one result from another. */
function resultOf(call: ToolPart) {
  return {
    state: ranks[call.state] < 4 ? undefined : call.state,
    output: 'output' in call ? call.output : undefined,
    preliminary: 'preliminary' in call ? call.preliminary : undefined,
    errorText: 'errorText' in call ? call.errorText : undefined,
    metadata: resultMetadataOf(call),
  }
}

function resultChunks(call: ToolPart, toolCallId: string): UiChunk[] {
  const metadata = resultMetadataOf(call)
  const beside = metadata ? { providerMetadata: metadata } : {}
  switch (call.state) {
    case 'output-available': {
      const { output, preliminary } = call
      const early = preliminary === undefined ? {} : { preliminary }
      return [{ type: 'tool-output-available', toolCallId, output, ...early, ...beside }]
    }
    case 'output-error':
      return [{ type: 'tool-output-error', toolCallId, errorText: call.errorText, ...beside }]
    case 'output-denied':
      return [{ type: 'tool-output-denied', toolCallId }]
    case 'input-streaming':
    case 'input-available':
    case 'approval-requested':
    case 'approval-responded':
    default:
      return []
  }
}
