import type { PromptPart } from '@caughtup/schema'

/** A message of assistant-ui's composer, as far as it is used here. */
export interface AppendedMessage {
  readonly content: readonly AppendedPart[]
  readonly attachments?: readonly { readonly content?: readonly AppendedPart[] }[] | undefined
  readonly sourceId: string | null
}

interface AppendedPart {
  readonly type: string
  readonly text?: string
  readonly image?: string
  readonly data?: unknown
  readonly mimeType?: string
  readonly filename?: string | undefined
}

/** The parts of a prompt: texts, images and files, those of attachments too. */
export function promptParts({ content, attachments = [] }: AppendedMessage): PromptPart[] {
  const parts = [...content, ...attachments.flatMap((one) => one.content ?? [])]
  return parts.flatMap((part): PromptPart[] => {
    if (part.type === 'text' && part.text) return [{ type: 'text', text: part.text }]
    const url = part.type === 'image' ? part.image : part.type === 'file' ? part.data : undefined
    if (typeof url !== 'string') return []
    const mediaType = part.mimeType ?? /^data:([^;,]+)/.exec(url)?.[1] ?? 'image/*'
    const isAddress = /^(?:data|https?|blob):|^\//.test(url)
    const { filename } = part
    return [
      {
        type: 'file',
        mediaType,
        url: isAddress ? url : `data:${mediaType};base64,${url}`,
        ...(filename !== undefined && { filename }),
      },
    ]
  })
}
