import { createSignal, Show } from 'solid-js'
import { hydrate, render } from 'solid-js/web'

import type { SessionView } from '@caughtup/web-client'
import { type Draw, openPage } from '../page/open-page.ts'
import { Chat } from './chat.tsx'

const draw: Draw = (element, first, { takeOver }) => {
  const [session, follow] = createSignal<SessionView | undefined>(first)
  const page = () => <Show when={session()}>{(shown) => <Chat session={shown()} />}</Show>
  const leave = (takeOver ? hydrate : render)(page, element)
  return { follow: (next) => void follow(() => next), leave }
}

openPage(draw)
