import { auto, createChatClient } from '@caughtup/web-client'
import { createRoot } from 'react-dom/client'

import { Chat } from './Chat.tsx'

const client = createChatClient({ link: auto({ url: '/rpc' }) })
// The session that the address names, or a new one.
const id = location.hash.slice(1) || (await client.rpc.sessions.create({})).id
location.hash = id
const session = client.session(id)

const root = document.querySelector('#root')
if (root) createRoot(root).render(<Chat session={session} />)
