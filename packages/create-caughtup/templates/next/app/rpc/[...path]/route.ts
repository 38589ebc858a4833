import { openChat } from '../../../server/chat.ts'

type Opened = Awaited<ReturnType<typeof openChat>>

declare global {
  /** The one chat of this process: `next dev` evaluates this module again after each edit. */
  var openedChat: Promise<Opened> | undefined
}

let openedHere: Promise<Opened> | undefined

/** By the first request, because `next build` evaluates this module too; after an edit, in place of the former chat. */
function open(): Promise<Opened> {
  openedHere ??= globalThis.openedChat = inPlaceOf(globalThis.openedChat).catch(
    (error: unknown) => {
      openedHere = globalThis.openedChat = undefined // the next request tries again
      throw error
    },
  )
  return openedHere
}

async function inPlaceOf(former: Promise<Opened> | undefined): Promise<Opened> {
  if (former) {
    const { close } = await former
    await close()
  } else {
    for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => void closeChat())
  }
  return openChat({ dev: process.env.NODE_ENV === 'development' })
}

/** Next waits for open streams before it exits, so this ends them. */
async function closeChat(): Promise<void> {
  const opened = await globalThis.openedChat
  await opened?.close()
  setTimeout(() => process.exit(), 1_000).unref() // despite pages that try to connect again
}

export async function POST(request: Request): Promise<Response> {
  const { chat } = await open()
  return chat.fetch(request)
}

export const GET = POST // for /rpc/health
export const OPTIONS = POST
