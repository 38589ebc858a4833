import { messageText, type SessionView } from '@caughtup/web-client'
import { useMessage, useSession } from '@caughtup/web-client/solid'
import { createSignal, For } from 'solid-js'

export function Chat(props: { session: SessionView }) {
  const ids = useSession(
    () => props.session,
    ({ messages }) => messages.map(({ id }) => id),
  )
  const connection = useSession(
    () => props.session,
    ({ connection }) => connection.status,
  )
  const [text, setText] = createSignal('')
  const send = async (event: SubmitEvent) => {
    event.preventDefault()
    const prompt = text()
    setText('')
    await props.session.send(prompt)
  }
  return (
    <main data-connection={connection()}>
      <For each={ids()}>{(id) => <MessageRow session={props.session} messageId={id} />}</For>
      <form onSubmit={send}>
        <input
          value={text()}
          onInput={(event) => setText(event.currentTarget.value)}
          aria-label="Prompt"
        />
      </form>
    </main>
  )
}

function MessageRow(props: { session: SessionView; messageId: string }) {
  const message = useMessage(
    () => props.session,
    () => props.messageId,
  )
  return <p data-status={message()?.status}>{messageText(message())}</p>
}
