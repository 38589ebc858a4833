import { isRecord } from '../../base/bad-value.ts'
import type { Format } from '../../conversation/format.ts'
import { AnthropicConversation } from './anthropic-conversation.ts'

/** Whether a content block is of a type, or has a member, that Anthropic alone has. */
function isOwn(block: unknown): boolean {
  if (!isRecord(block)) return false
  const type = String(block['type'])
  const hasSource = ['image', 'document'].includes(type) && isRecord(block['source'])
  return (
    hasSource ||
    /(?:^|_)tool_(?:use|result)$/.test(type) ||
    ['thinking', 'redacted_thinking'].includes(type) ||
    'cache_control' in block
  )
}

export const anthropic: Format = {
  title: 'messages of Anthropic’s API',
  isMessage: ({ type, content, stop_reason: reason }) =>
    (type === 'message' && reason !== undefined) || (Array.isArray(content) && content.some(isOwn)),
  conversation: () => new AnthropicConversation(),
}
