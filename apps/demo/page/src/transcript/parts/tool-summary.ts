import type { ToolPart } from '@caughtup/schema'

/** Most characters of a summary; the card cuts it to its width. */
const longest = 200

/** One line that distinguishes calls of the same tool: the error, else the input. */
export function toolSummary(part: ToolPart): string {
  switch (part.state) {
    case 'input-streaming':
      return oneLine(part.rawInput.slice(-longest))
    case 'input-available':
    case 'approval-requested':
    case 'approval-responded':
    case 'output-available':
    case 'output-denied':
      return oneLine(inputText(part.input))
    case 'output-error':
      return oneLine(part.errorText)
  }
}

/** In one line, the fields of an object are easier to read than its JSON. */
function inputText(input: unknown): string {
  if (typeof input !== 'object' || input === null || Array.isArray(input)) return text(input)
  return Object.entries(input)
    .map(([name, value]) => `${name}: ${text(value)}`)
    .join(', ')
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : (JSON.stringify(value) ?? '')
}

function oneLine(value: string): string {
  return value.slice(0, longest).replaceAll(/\s+/g, ' ').trim()
}
