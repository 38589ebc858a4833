import type { CallAnswer } from '@caughtup/web-client'
import { createContext, useContext } from 'react'

import type { ApprovalState } from './approval-state.ts'

/** What the parts of an `ApprovalCard` share. */
export interface Approval {
  state: ApprovalState
  /** Whether no answer is taken now: one is under way, or the server cannot be reached. */
  busy: boolean
  /** What was answered, in words. */
  answer: string | undefined
  /** Why the call is denied, as a person has written so far. */
  reason: string
  setReason: (reason: string) => void
  approve: () => void
  deny: () => void
  /** Answers in any way: with an output for a call that this page makes, for instance. */
  respond: (answer: CallAnswer) => void
}

export const ApprovalContext = createContext<Approval | undefined>(undefined)

/** In an `ApprovalCard`: what the call waits for, and how to answer it. */
export function useApproval(): Approval {
  const approval = useContext(ApprovalContext)
  if (!approval) throw new Error('This part has to be in an ApprovalCard.')
  return approval
}
