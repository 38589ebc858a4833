import type { DataPart } from '@caughtup/schema'
import { type Notice, noticeType } from '@caughtup/schema/notice'

/** The part that says, inside a message, how its run was ended from outside. */
export function noticePart(kind: Notice['kind'], assistant: string): DataPart {
  return { type: noticeType, data: { kind, assistant } satisfies Notice }
}
