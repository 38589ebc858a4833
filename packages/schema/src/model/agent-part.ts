import * as z from 'zod'

import type { UnionOf } from '../base/schema-of.ts'
import type { AddedMetadata } from './message.ts'
import type { DeclaredData } from './declared.ts'
import { dataPart } from './part.ts'

// The names are those of the AI SDK's text stream parts (ai 7), so that
// an agent can return `streamText(…).stream` unchanged.

/** A provider's report about itself never fails a run: an invalid value counts as absent. */
const known = <T extends z.ZodType>(type: T) => type.optional().catch(undefined)
const tokens = known(z.number().int().nonnegative())

/** Usage as the AI SDK reports it. */
export const agentUsage = z.object({
  inputTokens: tokens,
  outputTokens: tokens,
  totalTokens: tokens,
  inputTokenDetails: known(z.object({ cacheReadTokens: tokens, cacheWriteTokens: tokens })),
  outputTokenDetails: known(z.object({ reasoningTokens: tokens })),
  reasoningTokens: tokens,
  cachedInputTokens: tokens,
})

/** Stored as far as it has the shape of `providerMetadata`. */
const metadata = { providerMetadata: z.unknown().optional() }
const text = { id: z.string().optional(), ...metadata }
const tool = {
  toolCallId: z.string(),
  toolName: z.string(),
  title: z.string().optional(),
  providerExecuted: z.boolean().optional(),
  toolMetadata: z.unknown().optional(),
  ...metadata,
}
const approval = {
  approvalId: z.string(),
  toolCall: z.object({ ...tool, input: z.unknown().optional() }),
  reason: z.string().optional(),
}
const file = {
  file: z.object({ mediaType: z.string(), base64: z.string(), ...metadata }),
  ...metadata,
}

const streamPart = z.discriminatedUnion('type', [
  z.object({ type: z.literal('text-start'), ...text }),
  z.object({ type: z.literal('text-delta'), ...text, text: z.string() }),
  z.object({ type: z.literal('text-end'), ...text, citations: z.unknown().optional() }),
  z.object({ type: z.literal('reasoning-start'), ...text }),
  z.object({ type: z.literal('reasoning-delta'), ...text, text: z.string() }),
  z.object({ type: z.literal('reasoning-end'), ...text }),
  z.object({
    type: z.literal('tool-input-start'),
    id: z.string(),
    toolName: z.string(),
    title: z.string().optional(),
    providerExecuted: z.boolean().optional(),
    toolMetadata: z.unknown().optional(),
    inputEncoding: z.enum(['json', 'text']).optional(),
    ...metadata,
  }),
  z.object({ type: z.literal('tool-input-delta'), id: z.string(), delta: z.string(), ...metadata }),
  z.object({ type: z.literal('tool-input-end'), id: z.string(), ...metadata }),
  z.object({ type: z.literal('tool-call'), ...tool, input: z.unknown().optional() }),
  z.object({
    type: z.literal('tool-result'),
    ...tool,
    input: z.unknown().optional(),
    output: z.unknown().optional(),
    preliminary: z.boolean().optional(),
  }),
  z.object({
    type: z.literal('tool-error'),
    ...tool,
    input: z.unknown().optional(),
    error: z.unknown().optional(),
  }),
  z.object({
    type: z.literal('tool-approval-request'),
    ...approval,
    isAutomatic: z.boolean().optional(),
    signature: z.string().optional(),
  }),
  z.object({ type: z.literal('tool-approval-response'), ...approval, approved: z.boolean() }),
  z.object({ type: z.literal('tool-output-denied'), toolCallId: z.string() }),
  z.discriminatedUnion('sourceType', [
    z.object({
      type: z.literal('source'),
      sourceType: z.literal('url'),
      id: z.string(),
      url: z.string(),
      title: z.string().optional(),
      ...metadata,
    }),
    z.object({
      type: z.literal('source'),
      sourceType: z.literal('document'),
      id: z.string(),
      mediaType: z.string(),
      title: z.string(),
      filename: z.string().optional(),
      ...metadata,
    }),
  ]),
  z.object({ type: z.literal('file'), ...file }),
  z.object({ type: z.literal('reasoning-file'), ...file }),
  z.object({
    type: z.literal('custom'),
    kind: z.templateLiteral([z.string(), '.', z.string()]),
    ...metadata,
  }),
  z.object({
    type: z.literal('message-metadata'),
    messageMetadata: z.record(z.string(), z.unknown()),
  }),
  z.object({ type: z.literal('start') }),
  z.object({ type: z.literal('start-step') }),
  z.object({
    type: z.literal('finish-step'),
    finishReason: known(z.string()),
    usage: known(agentUsage),
  }),
  z.object({
    type: z.literal('finish'),
    finishReason: known(z.string()),
    totalUsage: known(agentUsage),
    usage: known(agentUsage),
    /** Size of the model's context window in tokens, for the context meter. */
    contextLimit: known(z.number().int().positive()),
  }),
  z.object({ type: z.literal('abort') }),
  z.object({ type: z.literal('error'), error: z.unknown().optional() }),
])

/** Replaces the message's part of the same type and id, if any; `transient` ones are not stored. */
const agentData = dataPart.extend({
  id: z.string().optional(),
  data: z.unknown().optional(),
  transient: z.boolean().optional(),
})

/** A part that an agent may yield and that the store keeps. */
export type AgentPart =
  | Exclude<UnionOf<typeof streamPart>, { type: 'message-metadata' }>
  | { type: 'message-metadata'; messageMetadata: AddedMetadata }
  | DeclaredData<z.infer<typeof agentData>, 'input'>
export const agentPart: z.ZodType<AgentPart> = z.union([streamPart, agentData])

/** Types of the AI SDK's stream without content to store: ignored, and counted in `server.stats`. */
export type IgnoredAgentPart = { type: 'raw' | 'ping' | 'steering-message' }

export type AgentUsage = z.infer<typeof agentUsage>
