'use client'

import { type UIMessage, useChat } from '@ai-sdk/react'

export function Chat({ id, messages: shownFirst }: { id: string; messages: UIMessage[] }) {
  const { messages, status, sendMessage } = useChat({ id, messages: shownFirst, resume: true })
  const stop = () => fetch(`/api/chat/${id}`, { method: 'DELETE' })
  return (
    <main>
      <ol>
        {messages.map((message) => (
          <li key={message.id}>
            {message.parts.map((part) => (part.type === 'text' ? part.text : ''))}
          </li>
        ))}
      </ol>
      {status === 'ready' ? (
        <button onClick={() => void sendMessage({ text: 'Count' })}>Send</button>
      ) : (
        <button onClick={() => void stop()}>Stop</button>
      )}
    </main>
  )
}
