import { protocolHeader, protocolVersion } from '@caughtup/schema/protocol'

import { whoMay } from '../../access/who-may.ts'
import type { ProcedurePath } from '../../host/principal.ts'
import { attachmentPaths, attachmentSchemas } from './attachment-paths.ts'
import { errorResponses, errorSchemas, refusals } from './error-schemas.ts'
import examples from './examples.json' with { type: 'json' }
import { summaries, tagOf, tags } from './operations.ts'
import { type Described, describeContract, type JsonObject, reference } from './schemas.ts'
import { eventSchema, streamResponse } from './stream-schemas.ts'

/** What a host says of itself in the document. */
export interface DocumentOptions {
  info: object
  servers: readonly object[]
  security: Readonly<Record<string, object>>
}

/** Where things are, as paths of the document. */
export interface DocumentPlaces {
  procedures: string
  /** Absent if the server takes no files. */
  attachments?: string
}

const callers = {
  everybody: 'Every principal may call it.',
  stats: 'It needs a permission of its own.',
  members: 'The members of the session may call it.',
  author: 'The session’s owner may call it; for prompts, their author too.',
  self: 'The session’s owner may call it; a member about itself.',
  owner: 'The session’s owner may call it.',
} as const

const parameters = {
  Protocol: {
    name: protocolHeader,
    in: 'header',
    description: 'The version of the protocol that the client speaks. Another one is refused.',
    schema: { type: 'string', const: String(protocolVersion) },
  },
  LastEventId: {
    name: 'Last-Event-ID',
    in: 'header',
    description: 'The `id` of the last event that came: the stream goes on after it.',
    schema: { type: 'string', maxLength: 128 },
  },
}

/** The OpenAPI document of the contract; the same for the same options. */
export function openApiDocument(
  { info, servers, security }: DocumentOptions,
  { procedures: path, attachments }: DocumentPlaces,
): JsonObject {
  const { procedures, schemas } = describeContract()
  const used = new Set(procedures.map(({ name }) => tagOf(name)))
  if (attachments !== undefined) used.add('attachments')
  const events = procedures
    .filter(({ isStream }) => isStream)
    .map(({ output }): [string, JsonObject] => [eventOf(output), eventSchema(output)])
  return {
    openapi: '3.1.1',
    info,
    servers,
    security: Object.keys(security).map((name) => ({ [name]: [] })),
    tags: Object.entries(tags)
      .filter(([name]) => used.has(name))
      .map(([name, description]) => ({ name, description })),
    paths: {
      ...Object.fromEntries(
        procedures.map((procedure) => [
          `${path}/${procedure.name.replace('.', '/')}`,
          { post: operation(procedure) },
        ]),
      ),
      ...(attachments !== undefined && attachmentPaths(attachments)),
    },
    components: {
      schemas: {
        ...schemas,
        ...Object.fromEntries(events),
        ...errorSchemas(),
        ...(attachments !== undefined && attachmentSchemas),
      },
      responses: errorResponses(),
      parameters,
      securitySchemes: security,
    },
  }
}

/** By the names of procedures; a test takes them from PROTOCOL.md. */
const shown: Readonly<Record<string, { input?: unknown; output: unknown }>> = examples

function operation({ name, input, isInputOptional, output, isStream }: Described): JsonObject {
  assertProcedure(name)
  const { input: given, output: answer } = shown[name] ?? {}
  const json = (schema: string, example: unknown) => ({
    'application/json': {
      schema: { $ref: reference(schema) },
      ...(example !== undefined && { example }),
    },
  })
  const parameter = (key: keyof typeof parameters) => ({ $ref: `#/components/parameters/${key}` })
  return {
    operationId: name,
    tags: [tagOf(name)],
    summary: summaries[name],
    description: callers[whoMay[name]],
    parameters: [parameter('Protocol'), ...(isStream ? [parameter('LastEventId')] : [])],
    requestBody: {
      required: !isInputOptional,
      content: json(input, given),
    },
    responses: {
      200: isStream
        ? streamResponse(eventOf(output))
        : { description: 'The answer.', content: json(output, answer) },
      ...refusals(),
    },
  }
}

function assertProcedure(name: string): asserts name is ProcedurePath {
  if (!Object.hasOwn(summaries, name)) throw new TypeError(`${name} is not described.`)
}

/** Such as `ChatEvent` for `ChatFrame`. */
function eventOf(frame: string): string {
  return frame.replace(/Frame$/, 'Event')
}
