import { CaughtupError, excerpt, type Part, part as partSchema } from '@caughtup/schema'

import { asRecord, asText, isRecord } from '../bad-value.ts'
import { noteOthers } from '../note-others.ts'
import type { Note } from '../transcript.ts'

/** Holds a part of a type that is not known here, as it is, until it is exported again. */
export const unknownPartType = 'data-ui-part'

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
 * A part of a UI message as a part of ours.
 *
 * A call of a tool that has a part type of its own (`tool-NAME`) becomes a `dynamic-tool` of that
 * name. A part of an unknown type is kept in a data part, which is not shown.
 *
 * @throws CaughtupError `BAD_INPUT` for a part of a known type that is not as it must be
 */
export function readPart(value: unknown, field: string, note: Note): Part {
  const foreign = asRecord(field, value)
  const type = asText(`${field}.type`, foreign['type'])
  const isTool = type === 'dynamic-tool' || type.startsWith('tool-')
  if (!isTool && !type.startsWith('data-') && !knownTypes.has(type)) {
    note(`a part of the unknown type ${type} is kept as ${unknownPartType}, which is not shown`)
    return { type: unknownPartType, data: foreign }
  }
  const adapted = isTool ? adaptTool(foreign, type) : foreign
  const { data, error } = partSchema.safeParse(adapted)
  if (!data) throw badPart(adapted, error.issues, field)
  noteOthers(adapted, Object.keys(data), (what) => note(`in ${data.type} parts, ${what}`))
  return data
}

/** As a `dynamic-tool`; what has no JSON form was lost on the way here, and is `null`. */
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

type Issues = NonNullable<ReturnType<typeof partSchema.safeParse>['error']>['issues']

/** Of what each kind of part lacks, only what this kind lacks is of interest. */
function badPart(part: Record<string, unknown>, issues: Issues, field: string): CaughtupError {
  const [top] = issues
  const kinds = top?.code === 'invalid_union' ? top.errors : [issues]
  const own = kinds.find((kind) =>
    kind.every(({ path: [name], code }) =>
      name === 'state' && code === 'invalid_union'
        ? part['type'] === 'dynamic-tool'
        : name !== 'type',
    ),
  )
  const [issue] = own ?? issues
  const path = [field, ...(issue?.path ?? [])].join('.')
  const value = issue?.path.reduce<unknown>(
    (outer, name) => (isRecord(outer) ? outer[String(name)] : undefined),
    part,
  )
  return new CaughtupError('BAD_INPUT', `${path}: ${issue?.message} (${excerpt(value)})`, {
    field: path,
    value: excerpt(value),
  })
}
