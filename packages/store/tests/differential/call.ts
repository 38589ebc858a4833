/** A call of the storage port, with picks instead of names. */
export type Call =
  | {
      call: 'create'
      session: number
      members: readonly string[]
      title: string
      metadata: Readonly<Record<string, string>> | undefined
    }
  | { call: 'commit'; slices: readonly SliceSpec[] }
  | { call: 'events'; session: number; after: number; bytes: number }
  | { call: 'window'; session: number; messages: number; bytes: number }
  | {
      call: 'page'
      session: number
      side: PageSide
      order: number
      messages: number
      bytes: number
    }
  | {
      call: 'message' | 'versions' | 'head' | 'session' | 'members' | 'continueErase' | 'delete'
      session: number
      pick: number
    }
  | {
      call: 'checkCursor'
      session: number
      pick: number
      change: CursorChange
    }
  | {
      call: 'list'
      session: number
      filter: FilterSpec
      newest: boolean
      limit: number
      bytes: number
    }
  | { call: 'summary'; session: number; filter: FilterSpec }
  | { call: 'search'; session: number | undefined; principal: string; text: string; limit: number }
  | { call: 'lookup' | 'ledgers'; session: number }
  | { call: 'sessionFor' | 'activityRow'; session: number; principal: string }
  | { call: 'sessions' | 'activityPage' | 'activityRows'; principal: string; limit: number }
  | {
      call: 'update'
      session: number
      title: string | undefined
      metadata: Readonly<Record<string, string>> | undefined
      ifTitle: string | undefined
    }
  | { call: 'addMember'; session: number; principal: string; most: number }
  | { call: 'removeMember'; session: number; principal: string }
  | { call: 'forgetRemovals'; principal: string }
  | { call: 'fork'; session: number; into: number; pick: number; whole: boolean }
  | { call: 'continueFork'; session: number }
  | { call: 'activity'; principal: string; since: number; limit: number }
  | { call: 'markRead'; session: number; principal: string; upTo: number }
  | { call: 'heartbeat' | 'activeRuns' | 'maintain' | 'everything' }
  | { call: 'owed' | 'idleSessions'; limit: number }
  | { call: 'prompts'; principal: string; limit: number; bytes: number }
  | { call: 'takeOwed' | 'settleOwed' | 'postponeOwed'; pick: number }
  | { call: 'retain'; age: number; events: number }
  | { call: 'trim'; session: number; upTo: number }
  | { call: 'reopen'; closed: boolean }

export interface Step {
  /** The opening of each database, of two. */
  opening: 0 | 1
  call: Call
}

export interface SliceSpec {
  session: number
  guard: GuardName | undefined
  drafts: readonly DraftSpec[]
}

export const guardNames = [
  'run',
  'other-run',
  'run-attempt',
  'run-later-attempt',
  'run-as-read',
  'run-offered',
  'run-not-offered',
  'idle',
  'enqueue',
  'enqueue-full',
  'enqueue-large',
  'next-in-queue',
  'queued',
  'awaiting-tool',
  'awaiting-as-read',
  'awaiting-outdated',
  'no-active-run',
  'idle-at-0',
  'next-at-0',
] as const
export type GuardName = (typeof guardNames)[number]

export const draftNames = [
  'prompt',
  'answer',
  'open',
  'delta',
  'delta',
  'delta',
  'delta',
  'delta',
  'end-part',
  'put',
  'custom',
  'tool',
  'finish',
  'finish',
  'fail',
  'run',
  'end',
  'wait',
  'resume',
  'continue',
  'ask',
  'approve',
  'queue',
  'queue-front',
  'queue-steer',
  'requeue',
  'dequeue',
  'usage',
  'child',
  'reset',
  'compaction',
] as const
export const changeNames = [
  'replace',
  'delete',
  'truncate',
  'truncate-all',
  'undo',
  'undo',
  'redo',
  'choose',
  'choose',
  'retry',
  'resend',
  'erase',
  'erase-two',
  'import',
] as const

export interface DraftSpec {
  draft: (typeof draftNames)[number] | (typeof changeNames)[number]
  pick: number
  text: string
}

export interface FilterSpec {
  types?: readonly number[]
  epoch?: number
  after?: number
  before?: number
  since?: number
  until?: number
}

/** A returned cursor, or the newest one with a member changed. */
export const cursorChanges = ['none', 'seq', 'tag', 'empty', 'journal'] as const
export type CursorChange = (typeof cursorChanges)[number]

export const pageSides = ['before', 'after', 'around'] as const
export type PageSide = (typeof pageSides)[number]

export const principals = ['ann', 'bob', 'eve', 'Ünï "🎉"', 'a\0b'] as const
