export type { DescribeError } from './host/describe-error.ts'
export type {
  AttachmentInfo,
  AttachmentOptions,
  AttachmentStorage,
  NewAttachment,
  StoredAttachment,
} from './host/attachments.ts'
export type { Agent, AgentContext, AgentStream } from './host/agent.ts'
export { type ChatServer, createChatServer } from './create-chat-server.ts'
export type { RequestGuard } from './access/request-guard.ts'
export type { OnError } from '@caughtup/store'
export type { NodeHandler, NodeRequest, NodeResponse } from './transports/http/node-handler.ts'
export type { ChatServerOptions, DeclaredOptions, Settings } from './host/server-options.ts'
export type {
  Mount,
  MountAnswer,
  MountCall,
  MountedChat,
  MountRoute,
  ProcedureClient,
} from './host/mount.ts'
export type {
  Action,
  Can,
  ChatContext,
  ChatRequest,
  Principal,
  PrincipalId,
} from './host/principal.ts'
export type { HookOptions, RunEndedEvent, RunWaitingEvent } from './host/hooks.ts'
export type { Title, TitleContext } from './host/title.ts'
export type { TranscriptContext, TranscriptOptions, TranscriptState } from './host/transcript.ts'
export type { Price } from './host/price.ts'
export type { ChatRouter } from './procedures/router.ts'
export type { Summarise, SummariseContext, Summary } from './host/summarise.ts'
