import type { Message } from '@caughtup/schema'

import type { DemoClient } from '../../client/demo-client.ts'

/**
 * Saves a session as a file: its title and its messages of all epochs, as `caughtup import --format ui`
 * reads them, and the AI SDK.
 */
export async function exportTranscript(
  { rpc }: DemoClient,
  sessionId: string,
  title: string,
): Promise<void> {
  const messages: Message[] = []
  let before: number | undefined
  do {
    const page = await rpc.history.loadMore({
      sessionId,
      ...(before !== undefined && { cursor: { before } }),
    })
    messages.unshift(...page.messages)
    before = page.nextCursor?.before
  } while (before !== undefined)
  const file = new Blob([JSON.stringify({ title, messages }, null, 1)], {
    type: 'application/json',
  })
  const link = document.createElement('a')
  link.href = URL.createObjectURL(file)
  const words = title.match(/[\p{L}\p{N}]+/gu) ?? ['chat']
  link.download = `${words.join('-').slice(0, 60)}.json`
  link.click()
  URL.revokeObjectURL(link.href)
}
