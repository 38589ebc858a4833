import { chatRoutes } from '@caughtup/server/ai-sdk'

import { openChat } from '../../recipes/chat.ts'

declare global {
  var opened: ReturnType<typeof openChat> | undefined
}

/** Opens on the first request: `next build` evaluates this module, and `next dev` after each edit. */
export function open() {
  globalThis.opened ??= openChat([chatRoutes()])
  return globalThis.opened
}

export async function answer(request: Request): Promise<Response> {
  const { chat } = await open()
  return chat.fetch(request)
}

// Next waits for open streams before it exits, so this ends them.
process.once('SIGTERM', async () => {
  const opened = await globalThis.opened
  await opened?.close()
  // Pages that try to connect again would keep Next alive.
  setTimeout(() => process.exit(143), 1_000).unref()
})
