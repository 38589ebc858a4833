import { createRouterClient, type RouterClient } from '@orpc/server'
import type { ChatRequest, ChatRouter, ChatServer } from '@caughtup/server'

export type FillClient = RouterClient<ChatRouter>

/** Calls the chat server's procedures in this process, as the principal of `request`. */
export function createFillClient(chat: ChatServer, request: ChatRequest): FillClient {
  return createRouterClient(chat.router, { context: { request } })
}
