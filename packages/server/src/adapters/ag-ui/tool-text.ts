import type { ToolPart } from '@caughtup/schema'

/** The arguments of a call as far as they are known, as JSON. */
export function argumentsOf(call: ToolPart): string {
  if (call.state === 'input-streaming') {
    // Input in another form is JSON once it is complete.
    return call.inputEncoding === 'text' ? '' : compact(call.rawInput)
  }
  if (call.state === 'output-error' && call.rawInput !== undefined) return call.rawInput
  return JSON.stringify(call.input) ?? '{}'
}

/** What a call returned, as the model reads it; `undefined` until then. */
export function resultOf(call: ToolPart): string | undefined {
  switch (call.state) {
    case 'output-available':
      return call.preliminary ? undefined : textOf(call.output)
    case 'output-error':
      return call.errorText
    case 'output-denied':
      return call.approval.reason ?? 'The call was not approved.'
    case 'input-streaming':
    case 'input-available':
    case 'approval-requested':
    case 'approval-responded':
      return undefined
  }
}

/** JSON, or the beginning of one, as `JSON.stringify` would write it: without spaces outside of its texts. */
function compact(text: string): string {
  return text.replace(/("(?:[^"\\]|\\.)*"?)|\s+/gs, '$1')
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : (JSON.stringify(value) ?? '')
}
