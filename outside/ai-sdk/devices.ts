import { Chat } from '@ai-sdk/react'
import { type ChatClient, createChatClient, sse } from '@caughtup/web-client'
import { type ChatMessage, followSession, SessionTransport } from '@caughtup/web-client/ai-sdk'
import type { ChatInit } from 'ai'
import { onTestFinished } from 'vitest'

import {
  openChatServer,
  type TestChatServer,
  type TestChatServerOptions,
} from './open-chat-server.ts'

export async function openServer(options?: TestChatServerOptions): Promise<TestChatServer> {
  const server = await openChatServer(options)
  onTestFinished(() => server[Symbol.asyncDispose]())
  return server
}

/** A page of a user: a client with a network that a test can cut, and a chat. */
export interface Device {
  client: ChatClient
  chat: Chat<ChatMessage>
  /** Breaks what is open, or ends it as if it were complete. */
  cut(how: 'broken' | 'ended'): void
  /** Leaves the page: nothing of it goes on. */
  leave(): void
  /** What `onToolCall`, `onData`, `onFinish` and `onError` were called with. */
  calls: string[]
  data: object[]
  ends: object[]
  errors: Error[]
}

export interface DeviceOptions extends Partial<ChatInit<ChatMessage>> {
  /** Whether the chat follows the session, or has only what it asks for. @default true */
  follows?: boolean
  token?: () => string
}

export function openDevice(
  server: TestChatServer,
  { follows = true, token = () => server.token, ...init }: DeviceOptions = {},
): Device {
  const open = new Set<(how: 'broken' | 'ended') => void>()
  const client = createChatClient({
    link: sse({
      url: `${server.url}/rpc`,
      headers: () => ({ authorization: token() }),
      fetch: async (request, options) => {
        const response = await fetch(request, options)
        return response.body ? new Response(cuttable(response.body, open), response) : response
      },
    }),
    reconnect: { minDelay: 5, maxDelay: 50 },
  })
  const device = { calls: [] as string[], data: [] as object[], ends: [] as object[] }
  const errors: Error[] = []
  const transport = new SessionTransport(client)
  const chat = new Chat<ChatMessage>({
    id: server.sessionId,
    transport,
    onToolCall: ({ toolCall }) => void device.calls.push(toolCall.toolCallId),
    onData: (part) => void device.data.push(part),
    onFinish: ({ finishReason, isAbort, isError }) =>
      void device.ends.push({ finishReason, isAbort, isError }),
    onError: (error) => void errors.push(error),
    ...init,
  })
  const unfollow = follows ? followSession(chat, transport) : () => {}
  const leave = () => {
    unfollow()
    void chat.stop()
    client.close()
  }
  onTestFinished(leave)
  const cut = (how: 'broken' | 'ended') => {
    for (const end of open) end(how)
  }
  return { client, chat, cut, leave, errors, ...device }
}

function cuttable(
  body: ReadableStream<Uint8Array>,
  open: Set<(how: 'broken' | 'ended') => void>,
): ReadableStream<Uint8Array> {
  const reader = body.getReader()
  let end: ((how: 'broken' | 'ended') => void) | undefined
  return new ReadableStream({
    start(controller) {
      end = (how) => {
        open.delete(end!)
        void reader.cancel().catch(() => {})
        if (how === 'ended') controller.close()
        else controller.error(new TypeError('terminated'))
      }
      open.add(end)
    },
    async pull(controller) {
      const { done, value } = await reader.read()
      if (!open.has(end!)) return
      if (value) controller.enqueue(value)
      if (!done) return
      open.delete(end!)
      controller.close()
    },
    cancel: (reason) => {
      open.delete(end!)
      return reader.cancel(reason)
    },
  })
}

/** The texts of a chat's messages. */
export function textsOf({ messages }: Pick<Chat<ChatMessage>, 'messages'>): string[] {
  return messages.map(({ parts }) =>
    parts.map((part) => (part.type === 'text' ? part.text : '')).join(''),
  )
}

export function idsOf({ messages }: Pick<Chat<ChatMessage>, 'messages'>): string[] {
  return messages.map(({ id }) => id)
}
