import type { SessionView } from '@caughtup/web-client'
import { createApp, createSSRApp, h, KeepAlive, shallowRef } from 'vue'

import { type Draw, openPage } from '../page/open-page.ts'
import Chat from './Chat.vue'

const draw: Draw = (element, session, { takeOver }) => {
  const followed = shallowRef<SessionView | undefined>(session)
  const chat = () => (followed.value ? h(Chat, { session: followed.value }) : undefined)
  // Kept alive, so that a chat that is hidden stays, without its stream.
  const app = (takeOver ? createSSRApp : createApp)({ render: () => h(KeepAlive, null, chat) })
  app.mount(element)
  return { follow: (next) => void (followed.value = next), leave: () => app.unmount() }
}

openPage(draw)
