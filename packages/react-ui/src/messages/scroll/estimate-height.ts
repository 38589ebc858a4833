import type { Message } from '@caughtup/schema'

/** Characters of a line at the usual width, and its height in px. */
const lineLength = 85
const lineHeight = 25

/** The likely height of a message in px, with the space around it, until it is measured. */
export function estimateHeight(message: Message): number {
  let height = message.role === 'user' ? 70 : 60
  for (const part of message.parts) {
    height +=
      part.type === 'text' ? Math.max(1, Math.ceil(part.text.length / lineLength)) * lineHeight : 44
  }
  return height
}
