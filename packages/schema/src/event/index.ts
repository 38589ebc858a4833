export {
  changesActivity,
  changesAny,
  historyChanges,
  isHistoryDraft,
  isStreaming,
  rewritesRows,
} from './event-traits.ts'
export { messagesOf } from './messages-of.ts'
