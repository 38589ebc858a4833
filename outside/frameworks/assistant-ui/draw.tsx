import type { SessionView } from '@caughtup/web-client'
import { createRoot } from 'react-dom/client'

import { type Draw, openPage } from '../page/open-page.ts'
import { Chat } from './chat.tsx'

const draw: Draw = (element, first) => {
  const root = createRoot(element)
  const follow = (session: SessionView | undefined) =>
    root.render(session ? <Chat session={session} /> : null)
  follow(first)
  return { follow, leave: () => root.unmount() }
}

openPage(draw)
