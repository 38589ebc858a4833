export {
  changesActivity,
  changesAny,
  historyChanges,
  isEventType,
  isHistoryDraft,
  isStreaming,
  rewritesRows,
} from './event-traits.ts'
export { messagesOf } from './messages-of.ts'
