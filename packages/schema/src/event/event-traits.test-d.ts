import type { HistoryDraft } from './drafts.ts'
import type { RewritingType } from './event-traits.ts'

type Assert<T extends true> = T
type Equals<A, B> = [A, B] extends [B, A] ? true : false

// What `isHistoryDraft` says of a draft's type. No draft of a fork exists: a fork is copied.
export type HistoryDrafts = Assert<Equals<Exclude<RewritingType, 'forked'>, HistoryDraft['type']>>
