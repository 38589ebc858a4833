import type { NoticeKind } from './finish-reason.ts'

export { isNoticeKind, type NoticeKind } from './finish-reason.ts'

/** The type of the data part that says, inside a message, how a run was ended from outside. */
export const noticeType = 'data-notice'

export interface Notice {
  kind: NoticeKind
  /** The assistant's configured name; blank means the default. */
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
