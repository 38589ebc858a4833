import type { ActivityRow } from '@caughtup/schema'

export function activityRow(
  sessionId: string,
  revision: number,
  fields: Partial<ActivityRow> = {},
): ActivityRow {
  return {
    sessionId,
    revision,
    title: sessionId,
    recency: 0,
    streaming: false,
    generation: 0,
    epoch: 0,
    messageCount: 0,
    headSeq: 0,
    unread: 0,
    ...fields,
  }
}
