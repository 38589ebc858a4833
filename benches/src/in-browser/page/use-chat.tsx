// The same chat on the AI SDK's `useChat`, with memoised rows. `?throttle=` is its option, in ms.
import { useChat } from '@ai-sdk/react'
import { DefaultChatTransport, type UIMessage } from 'ai'
import { useEffect } from 'react'

import { announce, countNotification } from './bench-page.ts'
import { Row } from './rows.tsx'
import { show } from './show.tsx'

const throttle = Number(new URLSearchParams(location.search).get('throttle'))

function Chat({ initial }: { initial: UIMessage[] }) {
  const { messages, sendMessage, status } = useChat({
    messages: initial,
    transport: new DefaultChatTransport({ api: '/use-chat' }),
    ...(throttle > 0 && { throttle }),
  })
  useEffect(countNotification)
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
  const initial: UIMessage[] = await response.json()
  show(<Chat initial={initial} />)
}
void load()
