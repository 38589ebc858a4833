import { openChat } from '../../../chat'

declare global {
  var opened: ReturnType<typeof openChat> | undefined
}

/** Opens on the first request: `next build` evaluates this module, and `next dev` after each edit. */
function open() {
  globalThis.opened ??= openChat()
  return globalThis.opened
}

// Next waits for open streams before it exits, so this ends them.
process.once('SIGTERM', async () => {
  const opened = await globalThis.opened
  await opened?.close()
  // Pages that try to connect again would keep Next alive.
  setTimeout(() => process.exit(143), 1_000).unref()
})

export async function POST(request: Request): Promise<Response> {
  const { chat } = await open()
  return chat.fetch(request)
}

export const GET = POST // for /rpc/health
export const OPTIONS = POST
