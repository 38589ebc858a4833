import * as z from 'zod'

/** How deep values may be nested that hosts and tools choose: what follows them must not run out of stack. */
const jsonDepth = 100

const tooDeep = { error: `must not be nested deeper than ${jsonDepth}`, abort: true }
const isShallow = (value: unknown) => isWithin(value, jsonDepth)

/** Any JSON value, nested up to `jsonDepth` deep. */
export const json = z.custom<z.core.util.JSONType>(isShallow, tooDeep).pipe(z.json())

export const jsonObject = z.record(z.string(), json)
export type JsonObject = z.infer<typeof jsonObject>

/** The same where callers have types of their own: what has no JSON form is refused when it is written. */
export const shallow = z.unknown().refine(isShallow, tooDeep)

function isWithin(value: unknown, depth: number): boolean {
  if (typeof value !== 'object' || value === null) return true
  return depth > 0 && Object.values(value).every((inner) => isWithin(inner, depth - 1))
}
