import { useChat } from '@ai-sdk/react'
import { createChatClient, sse } from '@caughtup/web-client'
import { type ChatMessage, SessionTransport } from '@caughtup/web-client/ai-sdk'
import { useSessionChat } from '@caughtup/web-client/ai-sdk/react'
import { StrictMode, useEffect, useState } from 'react'
import { createRoot } from 'react-dom/client'

const asked = new URLSearchParams(location.search)
const sessionId = asked.get('session') ?? ''
const client = createChatClient({
  link: sse({ url: '/rpc', headers: { authorization: 'first' } }),
})

interface Shown {
  messages: readonly ChatMessage[]
  status: string
  sendMessage: (message: { text: string }) => Promise<void>
  stop: () => Promise<void>
}

function Chat({ messages, status, sendMessage, stop }: Shown) {
  return (
    <>
      <p id="status">{status}</p>
      <button id="send" onClick={() => void sendMessage({ text: 'Hi' })} />
      <button id="stop" onClick={() => void stop()} />
      <ol>
        {messages.map(({ id, parts }) => (
          <li key={id} data-id={id}>
            {parts.map((part) => (part.type === 'text' ? part.text : ''))}
          </li>
        ))}
      </ol>
    </>
  )
}

function Following() {
  return <Chat {...useSessionChat(client, sessionId)} />
}

const transport = new SessionTransport(client)

/** As an application would that uses the transport alone: the history first, then what is being written. */
function Alone() {
  const [messages, setMessages] = useState<ChatMessage[]>()
  useEffect(() => {
    const load = async () => {
      const page = await client.rpc.history.loadMore({ sessionId })
      setMessages([...page.messages])
    }
    void load()
  }, [])
  return messages && <Resuming messages={messages} />
}

function Resuming({ messages }: { messages: ChatMessage[] }) {
  return <Chat {...useChat<ChatMessage>({ id: sessionId, transport, messages, resume: true })} />
}

const root = document.createElement('div')
document.body.append(root)
createRoot(root).render(<StrictMode>{asked.has('alone') ? <Alone /> : <Following />}</StrictMode>)
