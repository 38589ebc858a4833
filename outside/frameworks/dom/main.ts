import { auto, createChatClient } from '@caughtup/web-client'

import { showChat } from './show-chat.ts'

const client = createChatClient({ link: auto({ url: '/rpc' }) })
// The session that the address names, or a new one.
const id = location.hash.slice(1) || (await client.rpc.sessions.create({})).id
location.hash = id
const session = client.session(id)

const [main, form] = [document.querySelector('main'), document.querySelector('form')]
if (main && form) {
  showChat(main, form, session)
  form.hidden = false
}
