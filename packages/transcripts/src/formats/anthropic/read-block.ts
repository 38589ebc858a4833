import { asRecord, asText, isRecord } from '../../base/values.ts'
import { filePart, textFile, unknownPart } from '../../conversation/parts.ts'
import type { TranscriptFormat } from '../../conversation/transcript.ts'
import { providerMetadata } from '../../conversation/metadata.ts'
import type { Note } from '../../conversation/transcript.ts'

/** A tool result among the blocks of a message. */
export interface ToolResult {
  /** The call's id; absent in some exports. */
  id: string | undefined
  toolName: string | undefined
  output: unknown
  failed: boolean
}

export interface Blocks {
  parts: unknown[]
  results: ToolResult[]
}

/**
 * Content blocks of Anthropic's messages as parts, and the tool results among them. Members that only
 * the provider understands, such as a signature, become the part's provider metadata, where the AI
 * SDK's provider looks for them.
 *
 * @param nextId - returns an id for a call without one
 * @throws CaughtupError `BAD_INPUT` for an invalid block of a known type
 */
export function readBlocks(
  content: unknown,
  { format, nextId, note }: { format: TranscriptFormat; nextId: () => string; note: Note },
): Blocks {
  const blocks: Blocks = { parts: [], results: [] }
  if (content == null || content === '') return blocks
  if (typeof content === 'string') return { ...blocks, parts: [{ type: 'text', text: content }] }
  const list: unknown[] = Array.isArray(content) ? content : [content]
  for (const [index, value] of list.entries()) {
    const field = `content.${index}`
    const block = typeof value === 'string' ? { type: 'text', text: value } : asRecord(field, value)
    const type = asText(`${field}.type`, block['type'])
    if (type.endsWith('tool_use')) blocks.parts.push(readCall(block, type, field, nextId))
    else if (type.endsWith('tool_result')) blocks.results.push(readResult(block))
    else blocks.parts.push(readBlock(block, type, field, format, note))
  }
  return blocks
}

function readBlock(
  { type: _, ...block }: Record<string, unknown>,
  type: string,
  field: string,
  format: TranscriptFormat,
  note: Note,
): unknown {
  switch (type) {
    case 'text': {
      const { text, cache_control: cacheControl, ...others } = block
      const said = providerMetadata('anthropic', { cacheControl, ...others })
      return { type: 'text', text: asText(`${field}.text`, text), ...said }
    }
    case 'thinking': {
      const { thinking, ...others } = block
      const said = providerMetadata('anthropic', others)
      return { type: 'reasoning', text: asText(`${field}.thinking`, thinking), ...said }
    }
    case 'redacted_thinking': {
      const redactedData = asText(`${field}.data`, block['data'])
      return { type: 'reasoning', text: '', ...providerMetadata('anthropic', { redactedData }) }
    }
    case 'image':
    case 'document':
      return (
        readFile(block, type) ??
        unknownPart(format, { type, ...block }, `a block of type ${type} without its file`, note)
      )
    default:
      return unknownPart(format, { type, ...block }, `a block of type ${type}`, note)
  }
}

function readFile(
  { source, title, cache_control: cacheControl, ...others }: Record<string, unknown>,
  type: 'image' | 'document',
): unknown {
  if (!isRecord(source)) return undefined
  const said = providerMetadata('anthropic', { cacheControl, ...others })
  const { media_type: given, data, url } = source
  const mediaType = typeof given === 'string' ? given : undefined
  if (source['type'] === 'text' && typeof data === 'string')
    return { ...textFile(data, title, mediaType), ...said }
  if (source['type'] === 'base64' && typeof data === 'string') {
    return {
      ...filePart(data, {
        mediaType: mediaType ?? `${type === 'image' ? 'image' : 'application'}/*`,
        filename: title,
      }),
      ...said,
    }
  }
  if (typeof url !== 'string') return undefined
  const likely = mediaType ?? (type === 'image' ? 'image/*' : 'application/pdf')
  return { ...filePart(url, { mediaType: likely, filename: title }), ...said }
}

/** A call of a provider's tool has its result in the same message. */
function readCall(
  block: Record<string, unknown>,
  type: string,
  field: string,
  nextId: () => string,
): unknown {
  const { type: _, id, name, input, cache_control: cacheControl, ...others } = block
  return {
    type: 'dynamic-tool',
    toolCallId: id == null ? nextId() : asText(`${field}.id`, id),
    toolName: asText(`${field}.name`, name),
    state: 'input-available',
    input: input ?? {},
    ...(type !== 'tool_use' && { providerExecuted: true }),
    ...providerMetadata('anthropic', { cacheControl, ...others }, 'callProviderMetadata'),
  }
}

function readResult(block: Record<string, unknown>): ToolResult {
  const { tool_use_id: id, name, content, is_error: failed } = block
  return {
    id: typeof id === 'string' ? id : undefined,
    toolName: typeof name === 'string' ? name : undefined,
    output: outputOf(content),
    failed: failed === true,
  }
}

/** The text of a result that is a single text; any other result as it is. */
function outputOf(content: unknown): unknown {
  if (!Array.isArray(content)) return content ?? null
  const [first]: unknown[] = content
  const isText = content.length === 1 && isRecord(first) && first['type'] === 'text'
  return isText ? first['text'] : content
}
