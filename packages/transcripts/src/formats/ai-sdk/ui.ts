import { isRecord } from '../../base/bad-value.ts'
import type { Format } from '../../conversation/format.ts'
import { UiConversation } from './ui-conversation.ts'

export const ui: Format = {
  title: 'UI messages of the AI SDK, 5 and newer',
  // Gemini's parts have no type.
  isMessage: ({ parts, role }) =>
    Array.isArray(parts) &&
    role !== 'model' &&
    parts.every((part) => !isRecord(part) || typeof part['type'] === 'string'),
  conversation: () => new UiConversation(),
}
