import type { Message } from '@caughtup/schema'

export function textOf({ parts }: Message): string {
  return parts.map((part) => (part.type === 'text' ? part.text : part.type)).join(' ')
}

export function uiMessage(index: number) {
  const role = index % 2 === 0 ? 'user' : 'assistant'
  return { id: `m${index}`, role, parts: [{ type: 'text', text: `${index}` }] }
}

export function chatMessage(index: number) {
  return { role: index % 2 === 0 ? 'user' : 'assistant', content: `${index}` }
}

export function numbers(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index)
}
