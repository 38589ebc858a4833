import '../ui/style.css'

import { auto, createChatClient } from '@caughtup/web-client'
import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'

import { ChatPage } from '../ui/chat-page.tsx'

const client = createChatClient({ link: auto({ url: '/rpc' }) })
const root = document.getElementById('root')
if (!root) throw new Error('index.html has no element with the id root.')
createRoot(root).render(
  <StrictMode>
    <ChatPage client={client} />
  </StrictMode>,
)
