import { type AgentPart, CaughtupError, type Part, preview, type ToolPart } from '@caughtup/schema'
import { isAwaited } from '@caughtup/schema/fold'

import { storedValue } from '../input/stored-value.ts'
import { keptMetadata, keptToolMetadata } from './kept-metadata.ts'

/** The parts of an agent's stream that are about a tool call. */
export type ToolSaid = Extract<
  AgentPart,
  {
    type:
      | 'tool-input-start'
      | 'tool-call'
      | 'tool-result'
      | 'tool-error'
      | 'tool-approval-request'
      | 'tool-approval-response'
      | 'tool-output-denied'
  }
>

interface Call {
  index: number
  step: number
  part: ToolPart
}

/** Members of a call in every state. */
interface Described {
  toolCallId: string
  toolName: string
  title?: string | undefined
  providerExecuted?: boolean | undefined
  toolMetadata?: unknown
  providerMetadata?: unknown
}

/**
 * The tool calls of a message and their states. Models reuse call ids: a call in another step, or
 * after the earlier call's result, is another call. A result belongs to the newest call of its id.
 */
export class ToolCalls {
  readonly #newest = new Map<string, Call>()
  #step = 0

  constructor(parts: readonly Part[]) {
    for (const [index, part] of parts.entries()) {
      if (part.type === 'step-start') this.nextStep()
      if (part.type === 'dynamic-tool') this.put(index, part)
    }
  }

  /** Whether a call waits for an answer from outside. */
  get areAwaited(): boolean {
    return [...this.#newest.values()].some(({ part }) => isAwaited(part))
  }

  /** Whether a call has no result yet. */
  get areOpen(): boolean {
    return [...this.#newest.values()].some(({ part }) => !isAnswered(part))
  }

  nextStep(): void {
    this.#step++
  }

  /** Remembers the current part of a call. */
  put(index: number, part: ToolPart): void {
    this.#newest.set(part.toolCallId, { index, step: this.#step, part })
  }

  /** The part index of a call whose input is streaming. */
  streaming(toolCallId: string): number | undefined {
    const known = this.#newest.get(toolCallId)
    return known?.part.state === 'input-streaming' ? known.index : undefined
  }

  /**
   * The call's new part, and its index if the call already has one; `undefined` if nothing changes.
   */
  take(said: ToolSaid): { part: ToolPart; index: number | undefined } | undefined {
    switch (said.type) {
      case 'tool-input-start': {
        const known = this.#open(said.id)
        const { inputEncoding } = said
        return placed(known, {
          ...described({ ...said, toolCallId: said.id }, known),
          state: 'input-streaming',
          rawInput: '',
          ...(inputEncoding && { inputEncoding }),
        })
      }
      case 'tool-call': {
        const known = this.#open(said.toolCallId)
        const input = storedValue(said.input)
        return placed(known, { ...described(said, known), state: 'input-available', input })
      }
      case 'tool-result':
      case 'tool-error':
        return this.#answer(said)
      case 'tool-approval-request': {
        const { toolCall, approvalId: id, reason, isAutomatic, signature } = said
        const known = this.#open(toolCall.toolCallId)
        return placed(known, {
          ...described(toolCall, known),
          state: 'approval-requested',
          input: inputOf(toolCall, known),
          approval: {
            id,
            ...(reason !== undefined && { requestReason: reason }),
            ...(isAutomatic && { isAutomatic }),
            ...(signature !== undefined && { signature }),
          },
        })
      }
      case 'tool-approval-response': {
        const { toolCall, approvalId: id, approved, reason } = said
        const known = this.#unanswered(toolCall.toolCallId)
        const request = known && 'approval' in known.part ? known.part.approval : undefined
        return placed(known, {
          ...described(toolCall, known),
          state: 'approval-responded',
          input: inputOf(toolCall, known),
          approval: { ...request, id, approved, ...(reason !== undefined && { reason }) },
        })
      }
      case 'tool-output-denied': {
        const known = this.#unanswered(said.toolCallId)
        if (!known) return undefined
        const { part } = known
        const request = 'approval' in part ? part.approval : undefined
        return placed(known, {
          ...described(part, known),
          state: 'output-denied',
          input: inputOf(part, known),
          approval: { ...request, id: request?.id ?? part.toolCallId, approved: false },
        })
      }
    }
  }

  #answer(said: Extract<ToolSaid, { type: 'tool-result' | 'tool-error' }>) {
    const newest = this.#newest.get(said.toolCallId)
    // A result with an input describes its own call, which cannot be one that has its result.
    const known = said.input === undefined ? newest : this.#unanswered(said.toolCallId)
    const { providerMetadata, ...call } = said
    const resultProviderMetadata = keptMetadata(providerMetadata)
    const answer = {
      ...described(call, known),
      input: inputOf(said, known),
      ...(resultProviderMetadata && { resultProviderMetadata }),
      ...leaveOf(known),
    }
    return placed(
      known,
      said.type === 'tool-error'
        ? { ...answer, state: 'output-error', errorText: errorText(said.error) }
        : {
            ...answer,
            state: 'output-available',
            output: storedValue(said.output),
            ...(said.preliminary && { preliminary: true }),
          },
    )
  }

  /** The call of this step that has no result yet. */
  #open(toolCallId: string): Call | undefined {
    const known = this.#unanswered(toolCallId)
    return known?.step === this.#step ? known : undefined
  }

  #unanswered(toolCallId: string): Call | undefined {
    const known = this.#newest.get(toolCallId)
    return known && !isAnswered(known.part) ? known : undefined
  }
}

function isAnswered(part: ToolPart): boolean {
  if (part.state === 'output-available') return part.preliminary !== true
  return part.state === 'output-error' || part.state === 'output-denied'
}

function placed(known: Call | undefined, part: ToolPart) {
  return { part, index: known?.index }
}

/** The result keeps what the call said about itself. */
function described(said: Described, known: Call | undefined) {
  const before = known?.part
  const { title = before?.title, providerExecuted = before?.providerExecuted } = said
  const toolMetadata = keptToolMetadata(said.toolMetadata) ?? before?.toolMetadata
  const callProviderMetadata = keptMetadata(said.providerMetadata) ?? before?.callProviderMetadata
  return {
    type: 'dynamic-tool' as const,
    toolCallId: said.toolCallId,
    toolName: said.toolName,
    ...(title !== undefined && { title }),
    ...(before?.dynamic !== undefined && { dynamic: before.dynamic }),
    ...(providerExecuted !== undefined && { providerExecuted }),
    ...(toolMetadata && { toolMetadata }),
    ...(callProviderMetadata && { callProviderMetadata }),
  }
}

/** A tool result keeps the approval of its call. */
function leaveOf(known: Call | undefined) {
  const part = known?.part
  if (!part || !('approval' in part) || !part.approval || !('approved' in part.approval)) return {}
  const { approved, ...approval } = part.approval
  return approved ? { approval: { ...approval, approved } } : {}
}

function inputOf(said: { toolCallId: string; toolName: string; input?: unknown }, known?: Call) {
  if (said.input !== undefined) return storedValue(said.input)
  if (known) return known.part.state === 'input-streaming' ? null : known.part.input
  throw new CaughtupError(
    'BAD_INPUT',
    `The agent gave a result for tool call ${preview(said.toolCallId)} (${said.toolName}), which it never made.`,
    { field: 'toolCallId', value: preview(said.toolCallId), reason: 'tool-call-unknown' },
  )
}

/**
 * The text for readers of the message: a string as it is, and the message of a `CaughtupError`.
 * Messages of other errors may name hosts, keys and queries.
 */
function errorText(error: unknown): string {
  if (typeof error === 'string') return error
  return error instanceof CaughtupError ? error.message : 'The tool failed.'
}
