import type { Message } from '@caughtup/schema'

/**
 * The id of the AG-UI message that each part of an answer is in. A message of AG-UI has one text and, behind
 * it, calls: so an answer is several of them, and text that comes after a call stays after it. The ids
 * of parts never change as an answer grows.
 */
export function placesOf({ id, parts }: Pick<Message, 'id' | 'parts'>): string[] {
  let count = 1
  let isEmpty = true
  return parts.map(({ type }) => {
    const opens = type === 'text' || type === 'reasoning' || type === 'step-start'
    if (opens && !isEmpty) {
      count++
      isEmpty = true
    }
    if (type === 'text' || type === 'dynamic-tool') isEmpty = false
    return count === 1 ? id : `${id}-${count}`
  })
}

/** Of a part that is a message of its own. */
export function ownPlace(messageId: string, index: number): string {
  return `${messageId}-part-${index}`
}

/** Of the result of a call, which is a message of its own. */
export function resultPlace(toolCallId: string): string {
  return `${toolCallId}-result`
}
