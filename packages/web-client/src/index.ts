export type { ActivitySnapshot } from './activity/activity-snapshot.ts'
export { activityView, type ActivityView } from './activity/activity-view.ts'
export type { AroundSnapshot } from './around/around-snapshot.ts'
export { aroundView, type AroundView } from './around/around-view.ts'
export type { Cache } from './cache/cache.ts'
export type { CachedSession } from './cache/cached-session.ts'
export { type CacheStore, storedCache } from './cache/stored-cache.ts'
export { captureSession, type InitialSession, restoreSession } from './cache/initial-session.ts'
export type { ChatClientOptions, ReconnectOptions } from './chat-client-options.ts'
export type { ChatRpc } from './core/client-context.ts'
export type { ClientStats } from './core/counters.ts'
export {
  asChatError,
  ChatClientError,
  type ChatErrorCode,
  isPermanentError,
  type ViewError,
} from './core/errors.ts'
export { type Remedy, remedyOf } from './core/remedy.ts'
export type { Network } from './core/network.ts'
export type { Schedule } from './core/notifier.ts'
export { type ChatClient, createChatClient, type PageOptions } from './create-chat-client.ts'
export { auto, type AutoOptions } from './links/auto.ts'
export type { UrlSource } from './links/endpoint.ts'
export {
  type CallContext,
  type Link,
  type LinkHost,
  type OpenLink,
  protocolHeaders,
} from './links/link.ts'
export type { Socket, WebSocketConstructor } from './links/rpc-socket.ts'
export { type HeadersSource, sse, type SseOptions } from './links/sse.ts'
export {
  type Upload,
  type UploadedFile,
  uploader,
  type UploaderOptions,
} from './uploads/uploader.ts'
export { webSocket, type WebSocketOptions } from './links/web-socket.ts'
export type { Connection, ConnectionStatus } from './live/connection.ts'
export type { View } from './live/published.ts'
export type { Decision, KeptPrompt } from './outbox/kept-prompt.ts'
export type { OpenOutbox, Outbox, OutboxHost } from './outbox/outbox.ts'
export type { OutboxStore } from './outbox/outbox-store.ts'
export type { PendingPrompt } from './outbox/pending-prompts.ts'
export type { Prompt, PromptInput } from './outbox/prompt.ts'
export { storedOutbox } from './outbox/stored-outbox.ts'
export type { HistoryCalls } from './session/history-calls.ts'
export type { Asked, CallAnswer, MessageCalls } from './session/message-calls.ts'
export { messageView } from './session/message-view.ts'
export type { PromptCalls } from './session/prompt-calls.ts'
export type { SessionSnapshot } from './session/session-snapshot.ts'
export type { SearchOptions, SessionCache, SessionView, Signal } from './session/session-view.ts'
export { createBlockSplitter, type TextBlocks } from './text/create-block-splitter.ts'
export {
  createTextReveal,
  type TextReveal,
  type TextRevealOptions,
  type TextUpdate,
} from './text/create-text-reveal.ts'
export { createTextWriter } from './text/create-text-writer.ts'
export { messageText } from './text/message-text.ts'
