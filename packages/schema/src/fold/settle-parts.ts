import { type FinishReason, unansweredText } from '../model/finish-reason.ts'
import { parseJson } from '../base/parse-json.ts'
import type { Part, ToolPart } from '../model/part.ts'

/**
 * The parts of a message that ended for `reason`: streaming text is done, and a tool call without a
 * result has failed, because models refuse input with unanswered calls.
 */
export function settleParts(parts: readonly Part[], reason: FinishReason): Part[] {
  return parts.map((part) => {
    if (part.type === 'dynamic-tool') return settledCall(part, reason)
    const streams = part.type === 'text' || part.type === 'reasoning' ? part.state : undefined
    return streams === 'streaming' ? { ...part, state: 'done' as const } : part
  })
}

function settledCall(part: ToolPart, reason: FinishReason): ToolPart {
  const failed = { state: 'output-error', errorText: unansweredText(reason) } as const
  switch (part.state) {
    case 'input-streaming': {
      const { rawInput, inputEncoding, ...call } = part
      return { ...call, ...inputFrom(rawInput, inputEncoding), ...failed }
    }
    case 'input-available':
      return { ...part, ...failed }
    case 'approval-requested': {
      const { approval: _, ...call } = part
      return { ...call, ...failed }
    }
    case 'approval-responded': {
      // Spread, because untyped callers may omit `approval`; storing the part then refuses it.
      const { approved, ...approval } = { ...part.approval }
      return approved
        ? { ...part, ...failed, approval: { ...approval, approved } }
        : { ...part, state: 'output-denied', approval: { ...approval, approved } }
    }
    case 'output-available': {
      if (part.preliminary === undefined) return part
      // The output that arrived is final.
      const { preliminary: _, ...call } = part
      return call
    }
    case 'output-error':
    case 'output-denied':
    default:
      return part
  }
}

/** The text of an input that is not JSON is kept as `rawInput`; a model gets an empty object. */
function inputFrom(rawInput: string, encoding: 'json' | 'text' = 'json') {
  if (encoding === 'text') return { input: rawInput }
  try {
    return { input: parseJson(rawInput) }
  } catch {
    return { input: {}, ...(rawInput !== '' && { rawInput }) }
  }
}
