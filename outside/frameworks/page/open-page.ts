import {
  type ChatClient,
  createChatClient,
  restoreSession,
  type SessionView,
  sse,
} from '@caughtup/web-client'

declare global {
  interface Window {
    chatPage: ChatPage
    /** Elements that a server drew, which a test keeps to see whether they stay. */
    drawnBefore: Element[]
  }
}

/** Draws the chat of a session in a framework; what it returns shows another one or none, or ends it. */
export type Draw = (
  element: Element,
  session: SessionView,
  options: { takeOver: boolean },
) => { follow(session: SessionView | undefined): void; leave(): void }

/** What the tests do with a page, and read from it. */
export interface ChatPage {
  client: ChatClient
  session: SessionView
  /** The modes of the streams that were opened. */
  modes: string[]
  /** How often the text of each row was written, since `draw`. */
  writes: Map<Element, number>
  draw(): void
  /** Takes over what a server drew with this snapshot of the session; false if the snapshot is refused. */
  takeOver(initial: unknown): boolean
  follow(sessionId: string | undefined): void
  leave(): void
}

export function openPage(draw: Draw): void {
  const modes: string[] = []
  const client = createChatClient({
    link: sse({
      url: '/rpc',
      async fetch(input, init) {
        if (input.url.endsWith('/onChat')) {
          const { json } = (await input.clone().json()) as { json: { mode: { type: string } } }
          modes.push(json.mode.type)
        }
        return fetch(input, init)
      },
    }),
    reconnect: { minDelay: 50 },
  })
  const session = client.session(new URLSearchParams(location.search).get('session') ?? '')
  const root = document.querySelector('#root') ?? document.body
  const writes = new Map<Element, number>()
  new MutationObserver((records) => {
    for (const { target, type } of records) {
      const row = (target instanceof Element ? target : target.parentElement)?.closest('p')
      if (row && type !== 'attributes') writes.set(row, (writes.get(row) ?? 0) + 1)
    }
  }).observe(root, { childList: true, characterData: true, subtree: true })
  let drawn: ReturnType<Draw> | undefined
  window.chatPage = {
    client,
    session,
    modes,
    writes,
    draw: () => void (drawn = draw(root, session, { takeOver: false })),
    takeOver(initial) {
      const isRestored = restoreSession(session, initial)
      drawn = draw(root, session, { takeOver: true })
      return isRestored
    },
    follow: (sessionId) =>
      drawn?.follow(sessionId === undefined ? undefined : client.session(sessionId)),
    leave: () => drawn?.leave(),
  }
}
