export type { ActivitySnapshot } from './activity-snapshot.ts'
export type { ActivityView } from './activity-view.ts'
export type { ReconnectOptions } from './backoff.ts'
export type { ChatClientOptions, ClientSettings, Endpoint } from './chat-client-options.ts'
export type { ClientStats } from './counters.ts'
export { type ChatClient, createChatClient } from './create-chat-client.ts'
export type { Network } from './network.ts'
export type { Schedule } from './notifier.ts'
export type { Prompt, RunTicket, SendResult } from './prompt.ts'
export type { WebSocketConstructor } from './rpc-socket.ts'
export type {
  Connection,
  ConnectionStatus,
  PendingPrompt,
  SessionSnapshot,
  ViewError,
} from './session-snapshot.ts'
export type { SessionView } from './session-view.ts'
export type { HeadersSource } from './sse-link.ts'
export { ChatClientError } from './view-error.ts'
export type { CallContext, ChatRpc } from './view-context.ts'
