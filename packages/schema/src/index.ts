export { type ActivityRow, activityRow } from './activity.ts'
export {
  type AgentPart,
  agentPart,
  type AgentUsage,
  agentUsage,
  type IgnoredAgentPart,
} from './agent-part.ts'
export {
  type Contract,
  contract,
  type OnChatInput,
  onChatInput,
  type ProcedureErrors,
  type RunTicket,
  type SendInput,
  sendInput,
  type SendResult,
} from './contract.ts'
export { type Cursor, decodeCursor, encodeCursor } from './cursor.ts'
export {
  CaughtupError,
  type ErrorCode,
  type ErrorData,
  errorStatus,
  excerpt,
  isErrorCode,
  isPermanent,
} from './error.ts'
export {
  type Event,
  event,
  type EventDraft,
  type EventOf,
  type EventType,
  type HistoryDraft,
  type ImportIdentity,
  type UsageDraft,
} from './event.ts'
export { type FinishReason, isFinishReason, isNormalEnd } from './finish-reason.ts'
export {
  type ActivityFrame,
  activityFrame,
  type ChatFrame,
  chatFrame,
  type ChatFrameOf,
  type EndReason,
  type ReplayMode,
  type ReplayReason,
} from './frame.ts'
export { historyChanges } from './history-change.ts'
export {
  type Page,
  page,
  type PageCursor,
  pageCursor,
  type SearchHit,
  searchHit,
} from './history.ts'
export { count, id, timestamp } from './id.ts'
export {
  type EventFilter,
  eventFilter,
  type EventPage,
  eventPage,
  type EventSummary,
  eventSummary,
} from './journal.ts'
export { defaultLimits, type Limits } from './limits.ts'
export {
  type BoundaryKind,
  type BoundaryTrigger,
  finishReason,
  type Message,
  message,
  type MessageDraft,
  type MessageMetadata,
  messageMetadata,
  type RunError,
  runError,
} from './message.ts'
export { type Append, type Op, op } from './op.ts'
export { parseJson } from './parse-json.ts'
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
} from './part.ts'
export { type QueuedRun, queuedRun, type Run, run, type RunDraft, type RunKind } from './run.ts'
export type { SchemaOf } from './schema-of.ts'
export { type Session, session } from './session.ts'
export { type ServerStats, serverStats, type StoreStats, storeStats } from './stats.ts'
export {
  addModels,
  addUsage,
  type ContextUsage,
  contextUsage,
  type Usage,
  type UsageLedger,
  usage,
  usageLedger,
} from './usage.ts'
