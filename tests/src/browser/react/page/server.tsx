// What a server does for a page: the snapshot of a session, and a scene rendered with it.
import { captureSession, createChatClient, restoreSession, sse } from '@caughtup/web-client'
import { StrictMode } from 'react'
import { renderToString } from 'react-dom/server'

import { scenes } from './scenes.tsx'

declare global {
  var renderScene: RenderScene
}

type RenderScene = (
  url: string,
  sessionId: string,
  scene: keyof typeof scenes,
) => Promise<{ html: string; initial: unknown }>

globalThis.renderScene = async (url, sessionId, scene) => {
  const client = createChatClient({ link: sse({ url }) })
  const initial: unknown = JSON.parse(
    JSON.stringify(await captureSession(client.session(sessionId))),
  )
  client.close()
  // Of the request, and not connected to anything.
  const session = createChatClient({ link: sse({ url }) }).session(sessionId)
  if (!restoreSession(session, initial)) throw new Error('The snapshot is refused.')
  return { html: renderToString(<StrictMode>{scenes[scene](session)}</StrictMode>), initial }
}
