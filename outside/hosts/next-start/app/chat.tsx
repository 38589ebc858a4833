import { messageText, type SessionView } from '@caughtup/web-client'
import { useMessage, useSession } from '@caughtup/web-client/react'
import { type FormEvent, memo } from 'react'

export function Chat({ session }: { session: SessionView }) {
  const ids = useSession(session, ({ messages }) => messages.map(({ id }) => id))
  const connection = useSession(session, ({ connection }) => connection.status)
  const send = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    const prompt = String(new FormData(event.currentTarget).get('prompt'))
    event.currentTarget.reset()
    void session.send(prompt)
  }
  return (
    <main data-connection={connection}>
      {ids.map((id) => (
        <MessageRow key={id} session={session} id={id} />
      ))}
      <form onSubmit={send}>
        <input name="prompt" aria-label="Prompt" />
      </form>
    </main>
  )
}

const MessageRow = memo(function MessageRow({ session, id }: { session: SessionView; id: string }) {
  const message = useMessage(session, id)
  return <p data-status={message?.status}>{messageText(message)}</p>
})
