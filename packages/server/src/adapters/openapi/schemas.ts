import {
  activityFrame,
  activityRow,
  chatFrame,
  contextUsage,
  contract,
  epochUsage,
  event,
  eventFilter,
  eventPage,
  eventSummary,
  finishReason,
  id,
  message,
  messageMetadata,
  op,
  page,
  pageCursor,
  part,
  promptPart,
  providerMetadata,
  queuedRun,
  run,
  runError,
  searchHit,
  serverStats,
  session,
  sessionMetadata,
  storeStats,
  usage,
  usageLedger,
} from '@caughtup/schema'
import { traverseContractProcedures } from '@orpc/server'
import * as z from 'zod'

/** A JSON Schema, or another object of the document. */
export type JsonObject = Readonly<Record<string, unknown>>

/** The shapes that several procedures share, or that have a name of their own, with what they are. */
const named: Readonly<Record<string, [schema: unknown, description: string]>> = {
  Id: [id, 'Chosen by its maker; the server’s own are UUIDs of version 7.'],
  JsonObject: [sessionMetadata, 'Any JSON object, nested up to 100 deep.'],
  ProviderMetadata: [providerMetadata, 'What a provider of models expects back, by its name.'],
  Session: [session, 'One conversation.'],
  Message: [message, 'A unit of a conversation, with a role and a place that never changes.'],
  MessageMetadata: [messageMetadata, 'What is known about a message besides its parts.'],
  Part: [part, 'A typed fragment of a message.'],
  PromptPart: [promptPart, 'A part of a prompt.'],
  FinishReason: [finishReason, 'How a message or a run ended.'],
  Run: [run, 'One execution of the agent, a compaction or a reset.'],
  RunError: [runError, 'Why a run failed: a stable code, and a message for people.'],
  QueuedRun: [queuedRun, 'A run that waits.'],
  Usage: [usage, 'Tokens of models.'],
  UsageLedger: [usageLedger, 'What a session has used; the higher version is current.'],
  ContextUsage: [contextUsage, 'How full the model’s context is.'],
  EpochUsage: [epochUsage, 'What a session used in one epoch.'],
  Op: [op, 'One change to a message.'],
  Event: [event, 'One immutable entry of a session’s journal.'],
  EventFilter: [eventFilter, 'Selects the entries that meet all of its conditions.'],
  EventPage: [eventPage, 'A page of a journal.'],
  EventSummary: [eventSummary, 'How many entries match, and the range that they span.'],
  Page: [page, 'A page of history: messages of one epoch, oldest first.'],
  PageCursor: [pageCursor, 'Before or after the message of this order.'],
  SearchHit: [searchHit, 'A message that a search found.'],
  ActivityRow: [activityRow, 'The status of a session in a list.'],
  ChatFrame: [chatFrame, 'One unit of the stream of `onChat`.'],
  ActivityFrame: [activityFrame, 'One unit of the stream of `activity.subscribe`.'],
  StoreStats: [storeStats, 'Figures of the store.'],
  ServerStats: [serverStats, 'Figures of the server process.'],
  SessionInput: [contract.sessions.get['~orpc'].inputSchema, 'Names a session.'],
  MemberInput: [
    contract.sessions.addMember['~orpc'].inputSchema,
    'Names a session and a principal.',
  ],
  ListInput: [contract.sessions.list['~orpc'].inputSchema, 'Where a page begins, and its size.'],
  SearchResult: [contract.history.search['~orpc'].outputSchema, 'Messages that a search found.'],
  SendResult: [contract.messages.send['~orpc'].outputSchema, 'A prompt that was accepted.'],
  RunTicket: [contract.history.compact['~orpc'].outputSchema, 'A run that starts, or waits.'],
  HistoryChange: [
    contract.history.undo['~orpc'].outputSchema,
    'A change of history that was made.',
  ],
}

/** What streams yield; the contract's schemas of streams cannot be asked. */
const frames: Readonly<Record<string, z.ZodType>> = {
  onChat: chatFrame,
  'activity.subscribe': activityFrame,
}

/** A procedure as the document needs it; schemas are names of components. */
export interface Described {
  /** Such as `messages.send`. */
  name: string
  input: string
  isInputOptional: boolean
  /** Of a stream, what its frames are. */
  output: string
  isStream: boolean
}

/** Every procedure of the contract, and the schemas that they name. */
export function describeContract(): {
  procedures: Described[]
  schemas: Record<string, JsonObject>
} {
  const names = new Names()
  for (const [name, [schema]] of Object.entries(named))
    names.add(unwrapped(assertZod(schema)), name)
  const procedures: Described[] = []
  traverseContractProcedures({ router: contract, path: [] }, ({ contract: one, path }) => {
    const { inputSchema, outputSchema } = one['~orpc']
    const name = path.join('.')
    const input = assertZod(inputSchema)
    const frame = frames[name]
    const prefix = path.map(pascal).join('')
    procedures.push({
      name,
      input: names.add(unwrapped(input), `${prefix}Input`),
      isInputOptional: input instanceof z.ZodOptional,
      output: names.add(frame ?? assertZod(outputSchema), `${prefix}Output`),
      isStream: frame !== undefined,
    })
  })
  const { BAD_INPUT } = contract.onChat['~orpc'].errorMap
  names.add(unwrapped(assertZod(BAD_INPUT.data)), 'ErrorData')
  const schemas = names.toJsonSchemas()
  for (const [name, [, description]] of Object.entries(named)) {
    schemas[name] = { description, ...schemas[name] }
  }
  return { procedures, schemas }
}

/** Schemas under names; the alternatives of a named one have names too. */
class Names {
  readonly #names = new Map<z.ZodType, string>()
  readonly #discriminators = new Map<string, JsonObject>()
  readonly #registry = z.registry<{ id: string }>()

  /** Of a schema that has a name already, that one. */
  add(schema: z.ZodType, name: string): string {
    const taken = this.#names.get(schema)
    if (taken !== undefined) return taken
    this.#names.set(schema, name)
    this.#registry.add(schema, { id: name })
    if (schema instanceof z.ZodUnion) this.#addOptions(schema, name)
    return name
  }

  /** An alternative is named by the constant that tells it apart, such as `RunStartedEvent`. */
  #addOptions(union: z.ZodUnion, name: string): void {
    const isDiscriminated = union instanceof z.ZodDiscriminatedUnion
    const propertyName = isDiscriminated ? String(union.def.discriminator) : 'type'
    const mapping: Record<string, string> = {}
    for (const option of union.options) {
      if (option instanceof z.ZodUnion) this.add(option, `Tool${name}`)
      if (!(option instanceof z.ZodObject)) continue
      const word = wordOf(option.shape[propertyName])
      if (word === undefined) continue
      const suffix = name === 'ChatFrame' ? 'Frame' : name
      mapping[word] = reference(this.add(option, `${pascal(word)}${suffix}`))
    }
    if (isDiscriminated) this.#discriminators.set(name, { propertyName, mapping })
  }

  toJsonSchemas(): Record<string, JsonObject> {
    const { schemas } = z.toJSONSchema(this.#registry, {
      uri: reference,
      // As a caller may send it; and what a later version adds to an answer is no error.
      io: 'input',
      // Those are values that may be any JSON.
      unrepresentable: 'any',
      override({ jsonSchema }) {
        // Names of members are texts anyway.
        if (JSON.stringify(jsonSchema.propertyNames) === '{"type":"string"}') {
          delete jsonSchema.propertyNames
        }
        // Classes of characters that many languages do not know.
        if (jsonSchema.pattern?.includes('\\P{')) delete jsonSchema.pattern
      },
    })
    return Object.fromEntries(
      Object.entries(schemas).map(([name, { $schema: _, $id: __, ...schema }]) => {
        const discriminator = this.#discriminators.get(name)
        return [name, { ...schema, ...(discriminator && { discriminator }) }]
      }),
    )
  }
}

export function reference(name: string): string {
  return `#/components/schemas/${name}`
}

/** The constant of a schema, or what its texts begin with. */
function wordOf(schema: unknown): string | undefined {
  if (schema instanceof z.ZodLiteral) return String(schema.value)
  const [first] = schema instanceof z.ZodTemplateLiteral ? schema.def.parts : []
  return typeof first === 'string' ? first : undefined
}

function unwrapped(schema: z.ZodType): z.ZodType {
  return schema instanceof z.ZodOptional ? assertZod(schema.unwrap()) : schema
}

function assertZod(schema: unknown): z.ZodType {
  if (schema instanceof z.ZodType) return schema
  throw new TypeError('A schema of the contract is not one of zod.')
}

function pascal(word: string): string {
  return word.replace(/(?:^|[^A-Za-z0-9])([A-Za-z0-9]|$)/g, (_, letter: string) =>
    letter.toUpperCase(),
  )
}
