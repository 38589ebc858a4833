import { createChatClient, type SessionView, sse } from '@caughtup/web-client'
import { type ReactNode, StrictMode, version } from 'react'
import { createRoot, type Root } from 'react-dom/client'

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
  session: SessionView
  counts: typeof counts
  show(scene: keyof typeof scenes, options?: { strict?: boolean }): void
  leave(): void
  /** Of the scenes that wait to be let go on. */
  goOn(): void
}

const parameters = new URLSearchParams(location.search)
const client = createChatClient({
  link: sse({
    url: '/rpc',
    fetch(input, init) {
      if (input.url.endsWith('/onChat')) counts.streams += 1
      return fetch(input, init)
    },
  }),
})
const session = client.session(parameters.get('session') ?? '')
let root: Root | undefined

window.reactPage = {
  version,
  session,
  counts,
  show(scene, { strict = true } = {}) {
    root = createRoot(document.querySelector('#root')!)
    const content: ReactNode = scenes[scene](session)
    root.render(strict ? <StrictMode>{content}</StrictMode> : content)
  },
  leave: () => root?.unmount(),
  goOn: () => counts.goOn(),
}
