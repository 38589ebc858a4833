import { CaughtupError, type Part, part as partSchema, preview } from '@caughtup/schema'

import { isRecord } from '../base/bad-value.ts'

/** @throws CaughtupError `BAD_INPUT`, which names what the part lacks, for anything but a part */
export function asPart(value: unknown, field: string): Part {
  const { data, error } = partSchema.safeParse(value)
  if (data) return data
  throw badPart(isRecord(value) ? value : {}, error.issues, field)
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
  return new CaughtupError('BAD_INPUT', `${path}: ${issue?.message} (${preview(value)})`, {
    field: path,
    value: preview(value),
  })
}
