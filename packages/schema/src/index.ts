export { type ActivityRow, activityRow } from './model/activity.ts'
export {
  type AgentPart,
  agentPart,
  type AgentUsage,
  agentUsage,
  type IgnoredAgentPart,
} from './model/agent-part.ts'
export type { ProcedureErrors } from './contract/base.ts'
export { type Contract, contract } from './contract/index.ts'
export type { HistoryChange } from './contract/history.ts'
export {
  type EditInput,
  type ListedVersion,
  type ResendInput,
  type RetryInput,
  type RetryResult,
  type SendInput,
  sendInput,
  type SendResult,
} from './contract/messages.ts'
export type { EpochUsagePage } from './contract/usage.ts'
export type { RespondInput, RunTicket, UpdateQueuedInput } from './contract/runs.ts'
export { type OnChatInput, onChatInput } from './contract/stream.ts'
export { type Cursor, decodeCursor, encodeCursor } from './base/cursor.ts'
export {
  CaughtupError,
  type ErrorCode,
  type ErrorData,
  errorStatus,
  isErrorCode,
  isPermanent,
  preview,
} from './base/error.ts'
export type { EventDraft, HistoryDraft, ImportIdentity, UsageDraft } from './event/drafts.ts'
export { type Event, event, type EventOf, type EventType, type VersionMark } from './event/event.ts'
export {
  type FinishReason,
  isFinishReason,
  isNormalEnd,
  unansweredText,
} from './model/finish-reason.ts'
export {
  type ActivityFrame,
  activityFrame,
  type ChatFrame,
  chatFrame,
  type ChatFrameOf,
  type EndReason,
  type Presence,
  presence,
  type ReplayMode,
  type ReplayReason,
} from './wire/frame.ts'
export {
  type Page,
  page,
  type PageCursor,
  pageCursor,
  type PromptPage,
  type SearchHit,
  searchHit,
  type Unmerged,
} from './wire/page.ts'
export { count, id, principalLength, timestamp, transientLength } from './base/id.ts'
export {
  type EventFilter,
  eventFilter,
  type EventPage,
  eventPage,
  type EventSummary,
  eventSummary,
} from './wire/journal-query.ts'
export { defaultLimits, type Limits } from './base/limits.ts'
export {
  type BoundaryKind,
  type BoundaryTrigger,
  finishReason,
  type Message,
  message,
  type MessageDraft,
  customMetadata,
  type CustomMetadata,
  type CustomMetadataInput,
  type MessageMetadata,
  messageMetadata,
  type RunError,
  runError,
  type Version,
} from './model/message.ts'
export { type Append, type Op, op } from './event/op.ts'
export { parseJson } from './base/parse-json.ts'
export {
  type Citations,
  citations,
  type DataPart,
  type Part,
  part,
  type PromptPart,
  promptPart,
  type ProviderMetadata,
  providerMetadata,
  type ReasoningPart,
  type TextPart,
  type ToolMetadata,
  toolMetadata,
  type ToolPart,
} from './model/part.ts'
export {
  type QueuedRun,
  queuedRun,
  type Run,
  run,
  type RunDraft,
  type RunKind,
} from './model/run.ts'
export type { SchemaOf } from './base/schema-of.ts'
export type { InputOf, Issue, OutputOf, StandardSchema } from './base/standard-schema.ts'
export type {
  ChatSchemas,
  DeclaredOutput,
  OutputOfDeclared,
  Register,
  ToolSchemas,
} from './model/declared.ts'
export type {
  CreateSessionInput,
  RecalledPrompt,
  RecallPage,
  UpdateSessionInput,
} from './contract/sessions.ts'
export {
  type Member,
  type Session,
  session,
  sessionMetadata,
  type SessionMetadata,
  type SessionMetadataInput,
} from './model/session.ts'
export { type ServerStats, serverStats, type StoreStats, storeStats } from './wire/stats.ts'
export {
  addModels,
  addUsage,
  type ContextUsage,
  contextUsage,
  type Cost,
  otherModels,
  type EpochUsage,
  epochUsage,
  subtractUsage,
  type Usage,
  type UsageLedger,
  usage,
  usageLedger,
} from './model/usage.ts'
