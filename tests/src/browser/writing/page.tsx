// A page of unstyled components with all that writing needs: one session, whose prompts it lists.
import { Composer, PendingPrompt, PromptQueue, type Upload } from '@caughtup/react-ui'
import { createChatClient, type SessionView, sse } from '@caughtup/web-client'
import { indexedDbOutbox } from '@caughtup/web-client/indexed-db'
import { useSession } from '@caughtup/web-client/react'
import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'

/** What a test finds in the page. */
export interface WritingPage {
  session: SessionView
  /** What `onTyping` was called with. */
  typing: boolean[]
}

const parameters = new URLSearchParams(location.search)
const given = (name: string) => parameters.get(name) ?? ''
const client = createChatClient({
  link: sse({ url: `${given('server')}/rpc?as=${given('user')}` }),
  outbox: indexedDbOutbox({ user: given('user') }),
  reconnect: { maxDelay: 500 },
})
const session = client.session(given('session'))
const typing: boolean[] = []

const upload: Upload = async (file, { signal }) => {
  const response = await fetch('/files', { method: 'POST', body: file, signal })
  if (!response.ok) throw new Error(`The server answered ${response.status}.`)
  return { url: await response.text(), mediaType: file.type, filename: file.name }
}

function App() {
  const { messages, pending, streaming } = useSession(session)
  const prompts = messages.filter(({ role }) => role === 'user')
  return (
    <main>
      <h1>Writing</h1>
      <ol aria-label="Sent">
        {prompts.map(({ id, parts }) => (
          <li key={id} style={{ whiteSpace: 'pre' }}>
            {parts.map((part) => (part.type === 'text' ? part.text : '')).join('')}
          </li>
        ))}
      </ol>
      {!streaming && (
        <ol aria-label="Pending">
          {pending.map((prompt) => (
            <li key={prompt.messageId}>
              <PendingPrompt session={session} prompt={prompt} />
            </li>
          ))}
        </ol>
      )}
      <PromptQueue session={session} />
      <Composer
        session={session}
        onTyping={(types) => void typing.push(types)}
        {...(given('upload') === 'yes' && { upload, limits: { maxBytes: 1_000, maxFiles: 2 } })}
      />
    </main>
  )
}

window.writingPage = { session, typing }
document.documentElement.lang = 'en'
createRoot(document.querySelector('#root')!).render(
  <StrictMode>
    <App />
  </StrictMode>,
)
