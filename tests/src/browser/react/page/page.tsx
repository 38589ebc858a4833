import {
  type ChatClient,
  createChatClient,
  restoreSession,
  type SessionView,
  sse,
} from '@caughtup/web-client'
import { type ReactNode, StrictMode, version } from 'react'
import { createRoot, hydrateRoot, type Root } from 'react-dom/client'

import { counts } from './counts.ts'
import { scenes } from './scenes.tsx'

declare global {
  interface Window {
    reactPage: ReactPage
  }
}

/** What the tests of the hooks do with the page, and read from it. */
export interface ReactPage {
  version: string
  client: ChatClient
  session: SessionView
  counts: typeof counts
  show(scene: keyof typeof scenes, options?: { strict?: boolean }): void
  /** Takes over a scene that a server rendered with a snapshot of the session; false if that is refused. */
  hydrate(scene: keyof typeof scenes, initial: unknown): boolean
  leave(): void
  /** Of the scenes that wait to be let go on. */
  goOn(): void
}

const parameters = new URLSearchParams(location.search)
const client = createChatClient({
  link: sse({
    url: '/rpc',
    async fetch(input, init) {
      if (input.url.endsWith('/onChat')) {
        counts.streams += 1
        const { json } = (await input.clone().json()) as { json: { mode: { type: string } } }
        counts.modes.push(json.mode.type)
      }
      return fetch(input, init)
    },
  }),
})
const session = client.session(parameters.get('session') ?? '')
let root: Root | undefined

window.reactPage = {
  version,
  client,
  session,
  counts,
  show(scene, { strict = true } = {}) {
    root = createRoot(document.querySelector('#root')!)
    const content: ReactNode = scenes[scene](session)
    root.render(strict ? <StrictMode>{content}</StrictMode> : content)
  },
  hydrate(scene, initial) {
    const isRestored = restoreSession(session, initial)
    root = hydrateRoot(
      document.querySelector('#root')!,
      <StrictMode>{scenes[scene](session)}</StrictMode>,
      { onRecoverableError: (error) => counts.repaired.push(String(error)) },
    )
    return isRestored
  },
  leave: () => root?.unmount(),
  goOn: () => counts.goOn(),
}
