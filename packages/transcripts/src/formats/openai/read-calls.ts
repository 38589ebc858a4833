import { asRecord, asText, badValue } from '../../base/values.ts'
import { noteOthers } from '../../conversation/remarks.ts'
import type { Note } from '../../conversation/transcript.ts'
import { readToolText } from './tool-text.ts'

/**
 * The calls of an assistant's message, as parts.
 *
 * @param nextId - returns an id for a call without one: Ollama's, and those of `function_call`
 */
export function readCalls(
  { tool_calls: calls, function_call: single }: Readonly<Record<string, unknown>>,
  nextId: () => string,
  note: Note,
): unknown[] {
  if (calls != null && !Array.isArray(calls)) throw badValue('tool_calls', calls, 'an array')
  const made = (calls ?? []).map((value, index) => {
    const field = `tool_calls.${index}`
    const call = asRecord(field, value)
    const { id } = call
    noteOthers(call, ['id', 'type', 'index', 'function', 'custom'], note, 'in tool_calls, ')
    return toolPart(id == null ? nextId() : asText(`${field}.id`, id), readFunction(call, field))
  })
  if (single == null) return made
  return [...made, toolPart(nextId(), readFunction({ function: single }, 'function_call'))]
}

function toolPart(toolCallId: string, called: { toolName: string; input: unknown }): unknown {
  return { type: 'dynamic-tool', toolCallId, ...called, state: 'input-available' }
}

function readFunction(
  call: Record<string, unknown>,
  field: string,
): { toolName: string; input: unknown } {
  if (call['type'] === 'custom') {
    const custom = asRecord(`${field}.custom`, call['custom'])
    return {
      toolName: asText(`${field}.custom.name`, custom['name']),
      input: asText(`${field}.custom.input`, custom['input']),
    }
  }
  const { name, arguments: given = '' } = asRecord(`${field}.function`, call['function'])
  return {
    toolName: asText(`${field}.function.name`, name),
    // A call without arguments has an empty string, and some transcripts have the object itself.
    input: given === '' ? {} : typeof given === 'string' ? readToolText(given) : given,
  }
}
