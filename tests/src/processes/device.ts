import type { Message } from '@caughtup/schema'
import {
  type ActivityView,
  activityView,
  type ChatClient,
  type SessionView,
} from '@caughtup/web-client'

/** A page: its own connections, and what it has shown. */
export class Device {
  readonly name: string
  readonly views: readonly SessionView[]
  readonly list: ActivityView
  /** The longest text that was shown of each message, by view. */
  readonly #shown: readonly Map<string, string>[]

  constructor(name: string, client: ChatClient, sessionIds: readonly string[]) {
    this.name = name
    this.list = activityView(client)
    this.list.subscribe(() => {})
    this.views = sessionIds.map((id) => client.session(id))
    this.#shown = this.views.map((view) => {
      const shown = new Map<string, string>()
      view.subscribe(() => {
        for (const message of view.getSnapshot().messages) {
          const text = textOf(message)
          if (text.length > (shown.get(message.id) ?? '').length) shown.set(message.id, text)
        }
      })
      return shown
    })
  }

  /** What was shown of a session, and is not in the messages that it has now. */
  lost(index: number, messages: readonly Message[]): string[] {
    const kept = new Map(messages.map((message) => [message.id, textOf(message)]))
    return [...this.#shown[index]!]
      .filter(([id, text]) => !kept.get(id)?.startsWith(text))
      .map(([id, text]) => `${id}: ${text}, now ${kept.get(id)}`)
  }

  get isSettled(): boolean {
    const { connection } = this.list.getSnapshot()
    return (
      connection.status === 'live' &&
      this.views.every((view) => {
        const snapshot = view.getSnapshot()
        const { pending, run, queue } = snapshot
        const isIdle = pending.length === 0 && !run && queue.length === 0
        return snapshot.connection.status === 'live' && isIdle
      })
    )
  }
}

export const textOf = ({ parts }: Message) =>
  parts.map((part) => (part.type === 'text' ? part.text : '')).join('')
