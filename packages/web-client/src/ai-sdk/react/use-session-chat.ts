import { Chat, useChat, type UseChatHelpers } from '@ai-sdk/react'
import type { ChatInit } from 'ai'
import { useCallback, useEffect, useMemo } from 'react'

import type { ChatClient } from '../../create-chat-client.ts'
import type { ChatMessage } from '../chat-message.ts'
import { followSession } from '../follow-session.ts'
import { SessionTransport } from '../session-transport.ts'

/**
 * As in the AI SDK's `useChat`. Functions may be written inline. `sendAutomaticallyWhen` gets the messages
 * without those that have `metadata.prompt`, so that the answer that waits is the last one.
 */
export interface SessionChatOptions extends Pick<
  ChatInit<ChatMessage>,
  'onData' | 'onError' | 'onFinish' | 'onToolCall' | 'sendAutomaticallyWhen'
> {
  /** The least time between two drawings of messages, in ms. @default each change is drawn */
  throttle?: number
}

/**
 * `useChat` of the AI SDK for a session, which has to be there: its chat shows the session as `followSession`
 * does while the component is mounted. `stop()` ends the answer itself; leaving the page does not.
 */
export function useSessionChat(
  client: ChatClient,
  sessionId: string,
  options: SessionChatOptions = {},
): UseChatHelpers<ChatMessage> {
  const opened = useMemo(() => openChat(client, sessionId), [client, sessionId])
  const { chat, transport, listen } = opened
  useEffect(() => listen(options))
  useEffect(() => followSession(chat, transport), [chat, transport])
  const { throttle } = options
  const helpers = useChat({ chat, ...(throttle !== undefined && { throttle }) })
  const stop = useCallback(async () => {
    await Promise.all([chat.stop(), client.session(sessionId).interrupt()])
  }, [chat, client, sessionId])
  return { ...helpers, stop }
}

function openChat(client: ChatClient, sessionId: string) {
  let latest: SessionChatOptions = {}
  const transport = new SessionTransport(client)
  const chat = new Chat<ChatMessage>({
    id: sessionId,
    transport,
    messages: [...client.session(sessionId).getSnapshot().messages],
    onData: (part) => latest.onData?.(part),
    onError: (error) => latest.onError?.(error),
    onFinish: (end) => latest.onFinish?.(end),
    onToolCall: (call) => latest.onToolCall?.(call),
    sendAutomaticallyWhen: ({ messages }) => {
      const told = messages.filter(({ metadata }) => !metadata?.prompt)
      return latest.sendAutomaticallyWhen?.({ messages: told }) ?? false
    },
  })
  return { chat, transport, listen: (options: SessionChatOptions) => void (latest = options) }
}
