import type { ToolPart } from '@caughtup/schema'
import { asChatError, type CallAnswer, type SessionView } from '@caughtup/web-client'
import { useSession } from '@caughtup/web-client/react'
import { type ComponentProps, type ReactNode, useEffect, useRef, useState } from 'react'

import type { Texts } from '../texts/texts.ts'
import { useAttempt, useTexts } from '../ui/ui-provider.tsx'
import { type Approval, ApprovalContext } from './approval-context.ts'
import { ApprovalAnswer, ApprovalReason, ApproveButton, DenyButton } from './approval-parts.tsx'
import { type ApprovalState, approvalState, standingOf } from './approval-state.ts'

export interface ApprovalCardProps extends Omit<ComponentProps<'div'>, 'ref' | 'part'> {
  session: SessionView
  /** Any tool call of a message of the session. */
  part: ToolPart
  /**
   * For a call that the page itself makes, an `ApprovalOutput` with what does so.
   *
   * @default `<ApproveButton />`, `<DenyButton />`, `<ApprovalReason />` and `<ApprovalAnswer />`
   */
  children?: ReactNode
}

/**
 * A tool call that waits for a person or for this page, and afterwards what was answered; nothing for calls
 * that nobody has to answer. A `<div role="group">` with `data-state` (see `ApprovalState`), and
 * `data-busy` while no answer is taken. When another device was first, it says so; once the call is
 * answered, by whomever, the focus goes from its buttons to the card.
 */
export function ApprovalCard({ session, part, children, ...props }: ApprovalCardProps) {
  const { toolCallId } = part
  const { answers: texts } = useTexts()
  const standing = useSession(session, (snapshot) => standingOf(snapshot, toolCallId))
  const [wasAwaited, setWasAwaited] = useState(standing.waits)
  if (standing.waits && !wasAwaited) setWasAwaited(true)
  const state = approvalState(part, standing, wasAwaited)
  const { given, overtaken, respond } = useRespond(session, toolCallId)
  const [reason, setReason] = useState('')
  const focus = useFocusOfCard(state)
  if (!state) return null

  const busy = given || !standing.waits
  const tool = part.title ?? part.toolName
  const plain = answerText(part, state, texts)
  const answer = plain !== undefined && overtaken ? texts.elsewhere(plain) : plain
  const answerWith = (value: CallAnswer) => {
    if (!busy) respond(value)
  }
  const why = reason.trim()
  const approval: Approval = {
    state,
    busy,
    answer,
    reason,
    setReason,
    approve: () => answerWith({ approved: true }),
    deny: () => answerWith({ approved: false, ...(why && { reason: why }) }),
    respond: answerWith,
  }
  return (
    <div
      // oxlint-disable-next-line jsx-a11y/prefer-tag-over-role -- a <fieldset> is of a form
      role="group"
      aria-label={answer === undefined ? nameOf(tool, state, texts) : texts.answerOf(tool, answer)}
      tabIndex={-1}
      data-state={state}
      data-busy={isRequested(state) && busy ? true : undefined}
      {...focus}
      {...props}
    >
      <ApprovalContext.Provider value={approval}>
        {children ?? (
          <>
            <ApproveButton />
            <DenyButton />
            <ApprovalReason />
            <ApprovalAnswer />
          </>
        )}
      </ApprovalContext.Provider>
    </div>
  )
}

/** Answers a call once. */
function useRespond(session: SessionView, toolCallId: string) {
  const attempt = useAttempt()
  // An answer that was taken is shown by the call itself a moment later: until then none else is given.
  const [given, setGiven] = useState(false)
  const [overtaken, setOvertaken] = useState(false)
  const respond = (answer: CallAnswer) => {
    setGiven(true)
    void attempt('respond', async () => {
      try {
        await session.respond(toolCallId, answer)
      } catch (error) {
        if (asChatError(error).code === 'CONFLICT') return setOvertaken(true)
        setGiven(false)
        throw error
      }
    })
  }
  return { given, overtaken, respond }
}

/** Where the buttons go, with the focus on one of them, the card itself has it. */
function useFocusOfCard(state: ApprovalState | undefined) {
  const card = useRef<HTMLDivElement>(null)
  const inside = useRef(false)
  useEffect(() => {
    if (inside.current && document.activeElement === document.body) card.current?.focus()
  }, [state])
  return {
    ref: card,
    onFocus: () => {
      inside.current = true
    },
    onBlur: () => {
      inside.current = false
    },
  }
}

function isRequested(state: ApprovalState): boolean {
  return state === 'approval-requested' || state === 'output-requested'
}

function nameOf(tool: string, state: ApprovalState, texts: Texts['answers']): string {
  return state === 'output-requested' ? texts.outputOf(tool) : texts.approvalOf(tool)
}

function answerText(
  part: ToolPart,
  state: ApprovalState,
  texts: Texts['answers'],
): string | undefined {
  switch (state) {
    case 'approval-requested':
    case 'output-requested':
      return undefined
    case 'denied': {
      const isDenied = part.state === 'output-denied' || part.state === 'approval-responded'
      return texts.denied(isDenied ? part.approval.reason : undefined)
    }
    case 'approved':
    case 'answered':
    case 'unanswered':
      return texts[state]
  }
}
