import { CaughtupError, preview, type Part, part as partSchema } from '@caughtup/schema'

import { isRecord } from '../base/values.ts'
import type { TranscriptFormat } from './transcript.ts'
import type { Note } from './transcript.ts'

/** @throws CaughtupError `BAD_INPUT`, naming the invalid member, if the value is not a part */
export function asPart(value: unknown, field: string): Part {
  const { data, error } = partSchema.safeParse(value)
  if (data) return data
  throw badPart(isRecord(value) ? value : {}, error.issues, field)
}

type Issues = NonNullable<ReturnType<typeof partSchema.safeParse>['error']>['issues']

/** The union's issues list every kind of part: report those of the part's own kind. */
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
  return new CaughtupError('BAD_INPUT', `${path}: ${issue?.message} (${preview(value)})`, {
    field: path,
    value: preview(value),
  })
}

/** A data part, which is not shown, that keeps a part without a counterpart here. */
export function unknownPart(
  format: TranscriptFormat,
  value: unknown,
  what: string,
  note: Note,
): { type: `data-${TranscriptFormat}-part`; data: unknown } {
  const type = `data-${format}-part` as const
  note.kept(`${what} has no counterpart and is kept as ${type}, which is not shown`)
  return { type, data: value }
}

/** The media type that a data URL names. */
export function mediaTypeOf(url: string): string | undefined {
  return /^data:([^;,]+)/.exec(url)?.[1]
}

/** A `file` part for bytes in base64, or for a URL of any kind. */
export function filePart(
  data: string,
  { mediaType, filename }: { mediaType?: string | undefined; filename?: unknown },
): Record<string, unknown> {
  const isUrl = /^(?:data|https?|file|blob):/i.test(data)
  const type = mediaType ?? mediaTypeOf(data) ?? (isUrl ? 'image/*' : 'application/octet-stream')
  return {
    type: 'file',
    mediaType: type,
    ...(typeof filename === 'string' && filename !== '' && { filename }),
    url: isUrl ? data : `data:${type};base64,${data}`,
  }
}

/** A `file` part with a text as its content. */
export function textFile(text: string, filename: unknown, mediaType = 'text/plain') {
  return filePart(Buffer.from(text).toString('base64'), { mediaType, filename })
}
