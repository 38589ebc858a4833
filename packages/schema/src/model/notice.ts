import type { NoticeKind } from './finish-reason.ts'

export { isNoticeKind, type NoticeKind } from './finish-reason.ts'

/** Type of the data part that tells, inside a message, that its run was stopped or lost. */
export const noticeType = 'data-notice'

export interface Notice {
  kind: NoticeKind
  /** The assistant's name; blank for the default. */
  assistant: string
}

export const defaultAssistantName = 'Assistant'

/** The one wording of a notice, on the server and in every client. */
export function noticeText(notice: Notice): string {
  const name = notice.assistant.trim() || defaultAssistantName
  switch (notice.kind) {
    case 'interrupted':
      return `${name} was stopped.`
    case 'lost':
      return `${name} was cut off: the server stopped before the answer was complete.`
  }
}
