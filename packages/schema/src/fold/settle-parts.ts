import { type FinishReason, unansweredText } from '../model/finish-reason.ts'
import { parseJson } from '../base/parse-json.ts'
import type { Part, ToolPart } from '../model/part.ts'

/**
 * The parts of a message that ended for `reason`: text that streamed is done, and a tool call that
 * has no answer failed, because no answer comes any more. A model would refuse a call without one.
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
      // A copy, so that code without types can leave it out: that is refused when it is stored.
      const { approved, ...approval } = { ...part.approval }
      return approved
        ? { ...part, ...failed, approval: { ...approval, approved } }
        : { ...part, state: 'output-denied', approval: { ...approval, approved } }
    }
    case 'output-available': {
      if (part.preliminary === undefined) return part
      // What had come of the output is what there is.
      const { preliminary: _, ...call } = part
      return call
    }
    case 'output-error':
    case 'output-denied':
    default:
      return part
  }
}

/** Of an input that is no JSON as far as it came, the text is kept, and a model gets an empty one. */
function inputFrom(rawInput: string, encoding: 'json' | 'text' = 'json') {
  if (encoding === 'text') return { input: rawInput }
  try {
    return { input: parseJson(rawInput) }
  } catch {
    return { input: {}, ...(rawInput !== '' && { rawInput }) }
  }
}
