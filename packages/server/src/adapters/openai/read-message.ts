import type { Message, Part } from '@caughtup/schema'

export type Call = Extract<Part, { type: 'dynamic-tool' }>
export type FilePart = Extract<Part, { type: 'file' }>

/** What the model reads as a call's result; undefined if there is none yet. */
export function resultOf(call: Call): string | undefined {
  switch (call.state) {
    case 'output-available': {
      const output: unknown = call.output
      return typeof output === 'string' ? output : (JSON.stringify(output) ?? 'null')
    }
    case 'output-error':
      return call.errorText
    case 'output-denied':
      return denied(call.approval.reason)
    case 'approval-responded':
      return call.approval.approved ? undefined : denied(call.approval.reason)
    case 'input-streaming':
    case 'input-available':
    case 'approval-requested':
      return undefined
  }
}

function denied(reason: string | undefined): string {
  return reason === undefined ? 'The call was denied.' : `The call was denied: ${reason}`
}

/** What the provider attached to a part, as `fromResponses` and `fromChatCompletions` kept it. */
export function ofOpenai(part: { providerMetadata?: unknown; callProviderMetadata?: unknown }) {
  const metadata = part.callProviderMetadata ?? part.providerMetadata
  const openai: unknown = isObject(metadata) ? metadata['openai'] : undefined
  return isObject(openai) ? openai : {}
}

export function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined
}

export function textsOf({ parts }: Message): string {
  return parts.flatMap((part) => (part.type === 'text' ? part.text : [])).join('')
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
