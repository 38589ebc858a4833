import { createTextWriter, messageText, type SessionView } from '@caughtup/web-client'

/** Shows a session in an element, until the returned function is called. */
export function showChat(main: HTMLElement, form: HTMLFormElement, session: SessionView) {
  const rows = new Map<string, { row: HTMLElement; write: (text: string) => void }>()
  const rowOf = (id: string) => {
    const row = document.createElement('p')
    const added = rows.get(id) ?? { row, write: createTextWriter(row) }
    rows.set(id, added)
    return added
  }
  const draw = () => {
    const { connection, messages } = session.getSnapshot()
    main.dataset['connection'] = connection.status
    const ids = new Set(messages.map(({ id }) => id))
    for (const [id, { row }] of rows) if (!ids.has(id) && rows.delete(id)) row.remove()
    for (const [place, message] of messages.entries()) {
      const { row, write } = rowOf(message.id)
      if (main.children[place] !== row) main.insertBefore(row, main.children[place] ?? null)
      row.dataset['status'] = message.status
      write(messageText(message))
    }
  }
  form.onsubmit = (event) => {
    event.preventDefault()
    void session.send(String(new FormData(form).get('prompt')))
    form.reset()
  }
  const leave = session.subscribe(draw)
  draw()
  return leave
}
