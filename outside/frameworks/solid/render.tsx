import type { SessionView } from '@caughtup/web-client'
import { Show } from 'solid-js'
import { generateHydrationScript, renderToString } from 'solid-js/web'

import { Chat } from './chat.tsx'

/** What the page needs to take the rendered elements over. */
export const head: string = generateHydrationScript()

export const render = (session: SessionView): Promise<string> =>
  Promise.resolve(
    renderToString(() => <Show when={session}>{(shown) => <Chat session={shown()} />}</Show>),
  )
