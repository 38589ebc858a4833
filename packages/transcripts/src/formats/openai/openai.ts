import { isRecord } from '../../base/bad-value.ts'
import type { Format } from '../../conversation/format.ts'
import { OpenAiConversation } from './openai-conversation.ts'

const ownMembers = ['tool_calls', 'tool_call_id', 'function_call', 'reasoning_content', 'refusal']
const ownParts = new Set(['image_url', 'input_audio', 'refusal'])

export const openai: Format = {
  title: 'chat completion messages of OpenAI, and of whatever speaks like it',
  isMessage: (message) =>
    ['developer', 'function'].includes(String(message['role'])) ||
    ownMembers.some((name) => message[name] != null) ||
    (Array.isArray(message['content']) &&
      message['content'].some(
        (part) => isRecord(part) && (ownParts.has(String(part['type'])) || isRecord(part['file'])),
      )),
  conversation: () => new OpenAiConversation(),
}
