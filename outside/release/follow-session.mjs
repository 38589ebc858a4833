// Imports every entry that it is given, follows a session of a server until an answer is complete,
// and prints what it found as JSON. In JavaScript, because the oldest Node strips no types.
//
//   node follow-session.mjs URL ENTRY…
import { createChatClient, sse, webSocket } from '@caughtup/web-client'
import { WebSocket } from 'ws'

const [url, ...entries] = process.argv.slice(2)
const imported = {}
for (const entry of entries) imported[entry] = Object.keys(await import(entry)).length

const answers = []
for (const link of [sse({ url }), webSocket({ url, WebSocket })]) {
  const client = createChatClient({ link })
  const { id } = await client.rpc.sessions.create({ title: 'On the oldest Node' })
  const session = client.session(id)
  const answered = new Promise((resolve, reject) => {
    session.subscribe(() => {
      const { messages, streaming, connection } = session.getSnapshot()
      if (connection.status === 'failed') reject(new Error(JSON.stringify(connection)))
      const answer = messages.find(({ role }) => role === 'assistant')
      if (answer && !streaming) resolve(answer.parts.map(({ text = '' }) => text).join(''))
    })
  })
  await session.send('Hello')
  answers.push(await answered)
  client.close()
}
console.log(JSON.stringify({ node: process.version, imported, answers }))
