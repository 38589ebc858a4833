import type { ActivityRow } from '@caughtup/schema'

export function sessionTitle(row: Pick<ActivityRow, 'title'> | undefined): string {
  return row?.title.trim() || 'New chat'
}
