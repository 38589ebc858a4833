import type { DataPart } from '@caughtup/schema'
import { type Notice, type NoticeKind, noticeType } from '@caughtup/schema/notice'

/** The part that says, inside a message, how its run was ended from outside. */
export function noticePart(kind: NoticeKind, assistant: string): DataPart {
  return { type: noticeType, data: { kind, assistant } satisfies Notice }
}
