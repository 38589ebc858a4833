import { errorStatus } from '@caughtup/schema'

import { type JsonObject, reference } from './schemas.ts'

/** Errors of the contract, and the one for whatever else fails. */
const statuses = { ...errorStatus, INTERNAL_SERVER_ERROR: 500 } as const

type Code = keyof typeof statuses

const meanings: Readonly<Record<Code, string>> = {
  BAD_INPUT: 'The input is malformed or exceeds a limit.',
  PROTOCOL_MISMATCH: 'The client speaks another version of the protocol.',
  UNAUTHORIZED: 'The credentials identify nobody, or the page’s origin or the host is not allowed.',
  NOT_FOUND: 'It does not exist, or is not the caller’s.',
  CONFLICT: 'It does not fit the state of the session.',
  TOO_LARGE: 'The body or the prompt is too large.',
  LIMIT_EXCEEDED: 'Too many of something; `retryAfter` may say when to try again.',
  UNAVAILABLE: 'The database cannot be used, or the server shuts down: try again.',
  INTERNAL_SERVER_ERROR: 'Anything else, without details.',
}

const codes = Object.keys(statuses).filter((code): code is Code => Object.hasOwn(statuses, code))

/** The codes that each status stands for. */
const codesOf = Map.groupBy(codes, (code) => statuses[code])

/** A schema for each code, and `Error` for any of them. */
export function errorSchemas(): Record<string, JsonObject> {
  const each = codes.map((code): [string, JsonObject] => [
    nameOf(code),
    {
      description: meanings[code],
      type: 'object',
      properties: {
        defined: { type: 'boolean', description: 'Whether the code is one of the protocol’s.' },
        code: { type: 'string', const: code },
        status: { type: 'integer', const: statuses[code] },
        message: { type: 'string', description: 'For people.' },
        data: { $ref: reference('ErrorData') },
      },
      required: ['defined', 'code', 'status', 'message'],
    },
  ])
  return { Error: anyOf(codes, 'What a call was refused for.'), ...Object.fromEntries(each) }
}

/** Answers that every procedure may give, as components; named by their status. */
export function errorResponses(): Record<string, JsonObject> {
  return Object.fromEntries(
    [...codesOf].map(([status, group]) => [
      `Error${status}`,
      {
        description: group.map((code) => `\`${code}\`: ${meanings[code]}`).join(' '),
        content: { 'application/json': { schema: anyOf(group) } },
      },
    ]),
  )
}

/** The members of an operation’s `responses` for {@link errorResponses}. */
export function refusals(): Record<string, JsonObject> {
  return Object.fromEntries(
    [...codesOf.keys()].map((status) => [
      String(status),
      { $ref: `#/components/responses/Error${status}` },
    ]),
  )
}

function anyOf(group: readonly Code[], description?: string): JsonObject {
  const [only] = group
  if (only !== undefined && group.length === 1) return { $ref: reference(nameOf(only)) }
  const refs = group.map((code) => [code, reference(nameOf(code))] as const)
  return {
    ...(description !== undefined && { description }),
    oneOf: refs.map(([, $ref]) => ({ $ref })),
    discriminator: { propertyName: 'code', mapping: Object.fromEntries(refs) },
  }
}

/** Such as `BadInputError`. */
function nameOf(code: Code): string {
  const words = code.toLowerCase().split('_')
  const name = words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join('')
  return name.endsWith('Error') ? name : `${name}Error`
}
