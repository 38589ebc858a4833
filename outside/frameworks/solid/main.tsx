import { auto, createChatClient } from '@caughtup/web-client'
import { render } from 'solid-js/web'

import { Chat } from './chat.tsx'

const client = createChatClient({ link: auto({ url: '/rpc' }) })
// The session that the address names, or a new one.
const id = location.hash.slice(1) || (await client.rpc.sessions.create({})).id
location.hash = id
const session = client.session(id)

render(() => <Chat session={session} />, document.body)
