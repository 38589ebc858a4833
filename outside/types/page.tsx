import type { Message, Part } from '@caughtup/schema'
import type { SessionView } from '@caughtup/web-client'
import { useSession } from '@caughtup/web-client/react'

function PartOf({ part }: { part: Part }) {
  switch (part.type) {
    case 'text':
      return <span>{part.text}</span>
    case 'data-progress':
      return <progress value={part.data.percent} max={100} />
    case 'dynamic-tool':
      if (part.state === 'output-available' && part.toolName === 'weather') {
        return (
          <b>
            {part.input.city}: {part.output.degrees.toFixed(1)} °C
          </b>
        )
      }
      if (part.state === 'output-error') return <em>{part.errorText}</em>
      return <i>{part.toolName} …</i>
    default:
      return null
  }
}

function MessageOf({ message }: { message: Message }) {
  const parts = message.parts.map((part, index) => <PartOf key={index} part={part} />)
  return (
    <p className={message.role} title={message.metadata.custom?.mood}>
      {parts}
    </p>
  )
}

export function WeatherPage({ session }: { session: SessionView }) {
  const { messages, waiting } = useSession(session)
  return (
    <main>
      {messages.map((message) => (
        <MessageOf key={message.id} message={message} />
      ))}
      {waiting.map((call) =>
        call.toolName === 'askPlace' ? (
          <button
            key={call.toolCallId}
            onClick={() => void session.respond(call.toolCallId, { output: { place: 'Bern' } })}
          >
            {call.input.why}
          </button>
        ) : null,
      )}
    </main>
  )
}
