export type { Attachment, FilePart, Refusal, Upload } from './attachments/attachment.ts'
export { embedFile, shrinkImage } from './attachments/embed-image.ts'
export type { AttachmentLimits } from './attachments/attachment-limits.ts'
export { Composer, type ComposerProps } from './composer/composer.tsx'
export { ComposerAttach } from './composer/composer-attach.tsx'
export {
  type AttachmentActions,
  AttachmentStatus,
  type AttachmentStatusProps,
  ComposerAttachments,
  type ComposerAttachmentsProps,
} from './composer/composer-attachments.tsx'
export {
  type ComposerButtonProps,
  ComposerSend,
  ComposerSteer,
  ComposerStop,
} from './composer/composer-buttons.tsx'
export { type ComposerState, useComposer } from './composer/composer-context.ts'
export { ComposerField, type ComposerFieldProps } from './composer/composer-field.tsx'
export type { ComposerOptions, SendPrompt } from './composer/composer-form.tsx'
export { ComposerRefusals } from './composer/composer-refusals.tsx'
export type { DraftStorage } from './composer/draft-storage.ts'
export { PendingPrompt, type PendingPromptProps } from './prompts/pending-prompt.tsx'
export { useWaitingPrompt, type WaitingPromptState } from './prompts/prompt-context.ts'
export { PromptEditor, type PromptEditorProps } from './prompts/prompt-editor.tsx'
export {
  type PromptButtonProps,
  PromptContent,
  PromptEdit,
  PromptRemove,
  PromptRetry,
  PromptStatus,
  PromptSteer,
} from './prompts/prompt-parts.tsx'
export { PromptQueue, type PromptQueueProps } from './prompts/prompt-queue.tsx'
export type { WaitingPrompt, WaitingState } from './prompts/waiting/waiting-prompt.ts'
export { ApprovalCard, type ApprovalCardProps } from './answers/approval-card.tsx'
export { type Approval, useApproval } from './answers/approval-context.ts'
export {
  ApprovalAnswer,
  ApprovalOutput,
  ApprovalReason,
  ApproveButton,
  DenyButton,
} from './answers/approval-parts.tsx'
export type { ApprovalState } from './answers/approval-state.ts'
export {
  VersionNext,
  VersionPosition,
  VersionPrevious,
  VersionSwitch,
  type VersionSwitchProps,
} from './answers/version-switch.tsx'
export { SessionList, type SessionListProps } from './sessions/session-list.tsx'
export {
  type SessionListState,
  type SessionTarget,
  useSessionList,
} from './sessions/session-list-context.ts'
export { SessionListNotice } from './sessions/session-list-notice.tsx'
export { SessionListRows, type SessionListRowsProps } from './sessions/session-list-rows.tsx'
export { SessionListScroller } from './sessions/session-list-scroller.tsx'
export {
  SessionHitLink,
  SessionListHits,
  type SessionListHitsProps,
  SessionListSearch,
} from './sessions/session-list-search.tsx'
export {
  SessionRow,
  SessionRowLink,
  SessionRowMark,
  type SessionRowProps,
} from './sessions/session-row.tsx'
export { type SessionRowState, useSessionRow } from './sessions/session-row-context.ts'
export {
  ConnectionAction,
  ConnectionBanner,
  type ConnectionBannerProps,
  ConnectionText,
} from './status/connection-banner.tsx'
export {
  type ConnectedView,
  type ConnectionTrouble,
  connectionTrouble,
  type TroubleAction,
  type TroubleKind,
} from './status/connection-trouble.ts'
export { MessageList, type MessageListProps } from './messages/message-list.tsx'
export { MessageListAround, type MessageListAroundProps } from './messages/message-list-around.tsx'
export { MessageText, type MessageTextProps } from './messages/message-text.tsx'
export type { MessageListOptions } from './messages/list-frame.tsx'
export { HistoryStart, HistoryTop, LoadOlder, OlderFailed } from './messages/parts/history-top.tsx'
export { JumpToLatest } from './messages/parts/jump-to-latest.tsx'
export {
  type MessageListState,
  type RowLooks,
  useMessageList,
} from './messages/parts/message-list-context.ts'
export { MessageRows, type MessageRowsProps } from './messages/parts/message-rows.tsx'
export { MessageViewport } from './messages/parts/message-viewport.tsx'
export { NoMessages, type NoMessagesProps } from './messages/parts/no-messages.tsx'
export { ContextMeter, type ContextMeterProps } from './status/context-meter.tsx'
export { SessionAnnouncements } from './status/session-announcements.tsx'
export { useConnectionText } from './status/use-connection-text.ts'
export { useConnectionTrouble, useLoadingText } from './status/use-connection-trouble.ts'
export { englishTexts, type TextChanges, type Texts } from './texts/texts.ts'
export { Announcer, useAnnounce } from './ui/announcer.tsx'
export {
  type UiAction,
  type UiFailure,
  UiProvider,
  type UiProviderProps,
  useAttempt,
  useTexts,
} from './ui/ui-provider.tsx'
