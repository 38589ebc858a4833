import type { FinishReason } from '../model/finish-reason.ts'
import type { Citations, ProviderMetadata, ToolMetadata } from '../model/part.ts'

interface WithMetadata {
  providerMetadata?: ProviderMetadata
}

/** What a chunk says about a tool call as a whole. */
interface OfCall extends WithMetadata {
  toolCallId: string
  toolName: string
  dynamic: true
  title?: string
  providerExecuted?: boolean
  toolMetadata?: ToolMetadata
}

/** The finish reasons of the AI SDK; its clients refuse any other. */
export type UiFinishReason = Exclude<FinishReason, 'lost'>

/**
 * One item of a UI message stream of the AI SDK (ai 7), of the kinds that messages need: a value is an
 * `UIMessageChunk` of that package.
 */
export type UiChunk =
  | { type: 'start'; messageId: string; messageMetadata: object }
  | { type: 'message-metadata'; messageMetadata: object }
  | { type: 'start-step' }
  | ({ type: 'text-start' | 'reasoning-start'; id: string } & WithMetadata)
  | ({ type: 'text-delta' | 'reasoning-delta'; id: string; delta: string } & WithMetadata)
  | ({ type: 'text-end'; id: string; citations?: Citations } & WithMetadata)
  | ({ type: 'reasoning-end'; id: string } & WithMetadata)
  | ({ type: 'tool-input-start'; inputEncoding?: 'json' | 'text' } & OfCall)
  | { type: 'tool-input-delta'; toolCallId: string; inputTextDelta: string }
  | ({ type: 'tool-input-available'; input: unknown } & OfCall)
  | {
      type: 'tool-approval-request'
      toolCallId: string
      approvalId: string
      approvalDescriptor?: unknown
      inputSchemaInput?: unknown
      reason?: string
      isAutomatic?: boolean
      signature?: string
    }
  | { type: 'tool-approval-response'; approvalId: string; approved: boolean; reason?: string }
  | ({
      type: 'tool-output-available'
      toolCallId: string
      output: unknown
      preliminary?: boolean
    } & WithMetadata)
  | ({ type: 'tool-output-error'; toolCallId: string; errorText: string } & WithMetadata)
  | { type: 'tool-output-denied'; toolCallId: string }
  | ({ type: 'file' | 'reasoning-file'; mediaType: string; url: string } & WithMetadata)
  | ({ type: 'source-url'; sourceId: string; url: string; title?: string } & WithMetadata)
  | ({
      type: 'source-document'
      sourceId: string
      mediaType: string
      title: string
      filename?: string
    } & WithMetadata)
  | ({ type: 'custom'; kind: `${string}.${string}` } & WithMetadata)
  | { type: `data-${string}`; id?: string; data: unknown; transient?: boolean }
  | { type: 'finish'; finishReason?: UiFinishReason }
  | { type: 'error'; errorText: string }
