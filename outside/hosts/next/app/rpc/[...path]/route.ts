import { openChat } from '../../../../recipes/chat.ts'

declare global {
  var opened: ReturnType<typeof openChat> | undefined
}

/** Opened by the first request: `next build` evaluates this module, and `next dev` does after each edit. */
const open = () => (globalThis.opened ??= openChat())

export async function POST(request: Request): Promise<Response> {
  const { chat } = await open()
  return chat.fetch(request)
}

export const GET = POST // for /rpc/health
export const OPTIONS = POST
