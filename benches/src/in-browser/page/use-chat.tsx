// The same chat on the AI SDK's `useChat`, with memoised rows. `?throttle=` is its option, in ms.
import { useChat } from '@ai-sdk/react'
import { DefaultChatTransport, type UIMessage } from 'ai'
import { useEffect } from 'react'
import { createRoot } from 'react-dom/client'

import { announce, counts } from './bench-page.ts'
import { Row } from './rows.tsx'

const throttle = Number(new URLSearchParams(location.search).get('throttle'))

function Chat({ initial }: { initial: UIMessage[] }) {
  const { messages, sendMessage, status } = useChat({
    messages: initial,
    transport: new DefaultChatTransport({ api: '/use-chat' }),
    ...(throttle > 0 && { throttle }),
  })
  useEffect(() => {
    counts.notifications += 1
  })
  useEffect(() => {
    let asked = false
    announce({
      ask() {
        asked = true
        void sendMessage({ text: 'Go on.' })
      },
      done: () => asked && document.body.dataset['status'] === 'ready',
    })
    document.body.dataset['ready'] = 'true'
  }, [sendMessage])
  useEffect(() => {
    document.body.dataset['status'] = status
  }, [status])
  return messages.map((message) => <Row key={message.id} message={message} />)
}

async function load() {
  const response = await fetch('/use-chat/messages')
  const initial = (await response.json()) as UIMessage[]
  createRoot(document.querySelector('#root')!).render(<Chat initial={initial} />)
}
void load()
