import type { SessionView } from '@caughtup/web-client'
import { createSSRApp, h, KeepAlive } from 'vue'
import { renderToString } from 'vue/server-renderer'

import Chat from './Chat.vue'

export const render = (session: SessionView): Promise<string> =>
  renderToString(createSSRApp({ render: () => h(KeepAlive, null, () => h(Chat, { session })) }))
