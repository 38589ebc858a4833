// Opens a chat of `useChat` with the messages that its server has, and notes when they were on screen.
import { useChat } from '@ai-sdk/react'
import type { UIMessage } from 'ai'
import { useLayoutEffect } from 'react'

import { note } from './opened.ts'
import { Row } from './rows.tsx'
import { show } from './show.tsx'

function Chat({ initial }: { initial: UIMessage[] }) {
  const { messages } = useChat({ messages: initial })
  useLayoutEffect(() => {
    note('shown')
    note('live')
  }, [])
  return messages.map((message) => <Row key={message.id} message={message} />)
}

async function load() {
  const response = await fetch('/use-chat/messages')
  const initial: UIMessage[] = await response.json()
  show(<Chat initial={initial} />)
}
void load()
