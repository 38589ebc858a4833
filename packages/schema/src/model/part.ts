import * as z from 'zod'

import { name } from '../base/id.ts'
import { json } from '../base/json.ts'
import type { SchemaOf, UnionOf } from '../base/schema-of.ts'
import type { DeclaredCalls, DeclaredData } from './declared.ts'

// The shapes are those of the AI SDK's UI message parts (ai 7), so that its components render
// them unchanged; `message.test-d.ts` checks them against that package's types.

/** Data that a provider expects back with the next request: signatures, item ids, reasoning. */
export const providerMetadata = z.record(z.string(), z.record(z.string(), json))
export type ProviderMetadata = z.infer<typeof providerMetadata>

const sourceUrl = {
  url: z.string(),
  title: z.string().exactOptional(),
  providerMetadata: providerMetadata.exactOptional(),
}
const sourceDocument = {
  mediaType: z.string(),
  title: z.string(),
  filename: z.string().exactOptional(),
  providerMetadata: providerMetadata.exactOptional(),
}

/** A source that supports a range of the text. */
const citation = z.object({
  source: z.discriminatedUnion('sourceType', [
    z.object({
      ...sourceUrl,
      type: z.literal('source'),
      sourceType: z.literal('url'),
      id: z.string(),
    }),
    z.object({
      ...sourceDocument,
      type: z.literal('source'),
      sourceType: z.literal('document'),
      id: z.string(),
    }),
  ]),
  startIndex: z.number().exactOptional(),
  endIndex: z.number().exactOptional(),
  citedText: z.string().exactOptional(),
})
export const citations = z.array(citation)
export type Citations = z.infer<typeof citations>

/** Data that the host attaches to a tool. */
export const toolMetadata = z.record(z.string(), json)
export type ToolMetadata = z.infer<typeof toolMetadata>

const toolCall = {
  type: z.literal('dynamic-tool'),
  toolName: z.string(),
  toolCallId: z.string(),
  title: z.string().exactOptional(),
  /** `false` if the AI SDK converted the part of a static tool that no longer exists. */
  dynamic: z.literal(false).exactOptional(),
  providerExecuted: z.boolean().exactOptional(),
  toolMetadata: toolMetadata.exactOptional(),
  callProviderMetadata: providerMetadata.exactOptional(),
}

const textPart = z.object({
  type: z.literal('text'),
  text: z.string(),
  state: z.enum(['streaming', 'done']).exactOptional(),
  citations: citations.exactOptional(),
  providerMetadata: providerMetadata.exactOptional(),
})

const reasoningPart = z.object({
  type: z.literal('reasoning'),
  id: z.string().exactOptional(),
  text: z.string(),
  state: z.enum(['streaming', 'done']).exactOptional(),
  providerMetadata: providerMetadata.exactOptional(),
})

/** A person's approval of a tool call: the request and, from `approval-responded` on, the answer. */
const approvalRequest = z.object({
  id: z.string(),
  descriptor: z.unknown().exactOptional(),
  requestReason: z.string().exactOptional(),
  isAutomatic: z.boolean().exactOptional(),
  signature: z.string().exactOptional(),
  inputSchemaInput: z.unknown().exactOptional(),
})
const answered = <T extends z.ZodType<boolean>>(approved: T) =>
  z.object({ ...approvalRequest.shape, approved, reason: z.string().exactOptional() })

/** A tool call; deltas append to `rawInput` while its input streams. */
const toolPart = z.discriminatedUnion('state', [
  z.object({
    ...toolCall,
    state: z.literal('input-streaming'),
    rawInput: z.string(),
    /** Encoding of `rawInput`. @default json */
    inputEncoding: z.enum(['json', 'text']).exactOptional(),
  }),
  z.object({ ...toolCall, state: z.literal('input-available'), input: z.unknown() }),
  z.object({
    ...toolCall,
    state: z.literal('approval-requested'),
    input: z.unknown(),
    approval: approvalRequest,
  }),
  z.object({
    ...toolCall,
    state: z.literal('approval-responded'),
    input: z.unknown(),
    approval: answered(z.boolean()),
  }),
  z.object({
    ...toolCall,
    state: z.literal('output-available'),
    input: z.unknown(),
    output: z.unknown(),
    preliminary: z.boolean().exactOptional(),
    resultProviderMetadata: providerMetadata.exactOptional(),
    approval: answered(z.literal(true)).exactOptional(),
  }),
  z.object({
    ...toolCall,
    state: z.literal('output-error'),
    input: z.unknown(),
    errorText: z.string(),
    /** The input as far as it arrived, if that is not JSON; `input` is an empty object then. */
    rawInput: z.string().exactOptional(),
    resultProviderMetadata: providerMetadata.exactOptional(),
    approval: answered(z.literal(true)).exactOptional(),
  }),
  z.object({
    ...toolCall,
    state: z.literal('output-denied'),
    input: z.unknown(),
    approval: answered(z.literal(false)),
  }),
])

const filePart = z.object({
  type: z.literal('file'),
  mediaType: z.string(),
  filename: z.string().exactOptional(),
  url: z.string(),
  /** Names of the file at providers that have it already; a model gets these instead of `url`. */
  providerReference: z.record(z.string(), z.string()).exactOptional(),
  providerMetadata: providerMetadata.exactOptional(),
})

const reasoningFilePart = z.object({
  type: z.literal('reasoning-file'),
  mediaType: z.string(),
  url: z.string(),
  providerMetadata: providerMetadata.exactOptional(),
})

const sourceUrlPart = z.object({
  ...sourceUrl,
  type: z.literal('source-url'),
  sourceId: z.string(),
})

const sourceDocumentPart = z.object({
  ...sourceDocument,
  type: z.literal('source-document'),
  sourceId: z.string(),
})

/** Data that only one provider understands; nothing of it is shown. */
const customPart = z.object({
  type: z.literal('custom'),
  kind: z.templateLiteral([z.string(), '.', z.string()]),
  providerMetadata: providerMetadata.exactOptional(),
})

export const dataPart = z.object({
  type: z.templateLiteral(['data-', z.string()]),
  id: z.string().exactOptional(),
  data: z.unknown(),
})

const stepStartPart = z.object({ type: z.literal('step-start') })

const partUnion = z.union([
  textPart,
  reasoningPart,
  toolPart,
  filePart,
  reasoningFilePart,
  sourceUrlPart,
  sourceDocumentPart,
  customPart,
  stepStartPart,
  dataPart,
])
export interface TextPart extends z.infer<typeof textPart> {}
export interface ReasoningPart extends z.infer<typeof reasoningPart> {}
/** Of the tools that the host declares, or of any. */
export type ToolPart = DeclaredCalls<UnionOf<typeof toolPart>>
/** Of the names that the host declares, or of any. */
export type DataPart = DeclaredData<z.infer<typeof dataPart>, 'output'>
type OtherPart = Exclude<
  UnionOf<typeof partUnion>,
  { type: 'dynamic-tool' } | { type: `data-${string}` }
>
/** A typed fragment of a message. */
export type Part = OtherPart | ToolPart | DataPart
export const part: SchemaOf<Part> = partUnion

const promptPartUnion = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('text'), text: z.string() }),
  z.strictObject({
    type: z.literal('file'),
    mediaType: name,
    filename: name.exactOptional(),
    url: z.string(),
  }),
])
/** A part of a prompt. */
export type PromptPart = UnionOf<typeof promptPartUnion>
export const promptPart: SchemaOf<PromptPart> = promptPartUnion
