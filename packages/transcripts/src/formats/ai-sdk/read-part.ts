import type { Part } from '@caughtup/schema'

import { asPart, unknownPart } from '../../conversation/parts.ts'
import { asRecord, asText } from '../../base/values.ts'
import { noteOthers } from '../../conversation/remarks.ts'
import type { Note } from '../../conversation/transcript.ts'

const knownTypes = new Set([
  'text',
  'reasoning',
  'dynamic-tool',
  'file',
  'reasoning-file',
  'source-url',
  'source-document',
  'custom',
  'step-start',
])

/**
 * A part of a UI message as a part here. A call with the part type `tool-NAME` becomes a
 * `dynamic-tool` of that name; a part of an unknown type is kept as a data part, which is not shown.
 *
 * @throws CaughtupError `BAD_INPUT` for an invalid part of a known type
 */
export function readPart(value: unknown, field: string, note: Note): Part {
  const foreign = asRecord(field, value)
  const type = asText(`${field}.type`, foreign['type'])
  const isTool = type === 'dynamic-tool' || type.startsWith('tool-')
  if (!isTool && !type.startsWith('data-') && !knownTypes.has(type)) {
    return asPart(unknownPart('ui', foreign, `a part of type ${type}`, note), field)
  }
  const adapted = isTool ? adaptTool(foreign, type) : foreign
  const part = asPart(adapted, field)
  noteOthers(adapted, Object.keys(part), note, `in ${part.type} parts, `)
  return part
}

/** A call as a `dynamic-tool`. A value without a JSON form is missing in the file, and is `null`. */
function adaptTool(
  foreign: Readonly<Record<string, unknown>>,
  type: string,
): Record<string, unknown> {
  const { state, input, rawInput, output, ...rest } = foreign
  const call = {
    ...rest,
    ...(type !== 'dynamic-tool' && { toolName: type.slice('tool-'.length) }),
    type: 'dynamic-tool',
    state,
  }
  if (state === 'input-streaming') {
    return { ...call, rawInput: rawInput ?? (input === undefined ? '' : JSON.stringify(input)) }
  }
  return {
    ...call,
    input: input ?? rawInput ?? null,
    ...(state === 'output-available' && { output: output ?? null }),
  }
}
