import { auto, createChatClient } from '@caughtup/web-client'
import { mount } from 'svelte'

import Chat from './Chat.svelte'

const client = createChatClient({ link: auto({ url: '/rpc' }) })
// The session that the address names, or a new one.
const id = location.hash.slice(1) || (await client.rpc.sessions.create({})).id
location.hash = id
const session = client.session(id)

mount(Chat, { target: document.body, props: { session } })
