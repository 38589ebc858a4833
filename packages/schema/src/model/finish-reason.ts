/** The traits of each finish reason; all code that branches on a trait looks it up here. */
const traits = {
  /** The agent completed the answer. */
  stop: { normal: true },
  /** The model's limit was reached. */
  length: { normal: true },
  /** The model asked for tools. */
  'tool-calls': { normal: true },
  /** The provider's filter ended the answer. */
  'content-filter': { normal: true },
  /** Another reason, or none given: the answer may be incomplete. */
  other: { normal: true },
  /** The run was stopped from outside, or the agent aborted. */
  interrupted: {
    notice: true,
    unanswered: 'The tool call was interrupted before it had a result.',
  },
  /** The agent failed. */
  error: {},
  /** The process that ran the agent died. */
  lost: {
    notice: true,
    unanswered: 'The tool call was lost: its process stopped before it had a result.',
  },
} as const satisfies Record<string, Traits>

interface Traits {
  /** Whether the agent itself ended the answer, which raises the recency of the session. */
  normal?: true
  /** Whether a notice at the end of the message says so, in the words of `noticeText`. */
  notice?: true
  /** Error text of a tool call that had no result. @default that the message ended */
  unanswered?: string
}

export type FinishReason = keyof typeof traits

/** The reasons for which a message ends with a notice. */
export type NoticeKind = {
  [R in FinishReason]: (typeof traits)[R] extends { notice: true } ? R : never
}[FinishReason]

// oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the keys of a constant
export const finishReasons = /* @__PURE__ */ Object.keys(traits) as readonly FinishReason[]

/** Whether the agent itself ended the answer. */
export function isNormalEnd(reason: FinishReason): boolean {
  return traitsOf(reason).normal === true
}

export function isNoticeKind(reason: unknown): reason is NoticeKind {
  return isFinishReason(reason) && traitsOf(reason).notice === true
}

/** The error text of a tool call that had no result when its message ended. */
export function unansweredText(reason: FinishReason): string {
  return traitsOf(reason).unanswered ?? 'The message ended before the tool call had a result.'
}

function traitsOf(reason: FinishReason): Traits {
  return traits[reason]
}

export function isFinishReason(value: unknown): value is FinishReason {
  return typeof value === 'string' && Object.hasOwn(traits, value)
}
