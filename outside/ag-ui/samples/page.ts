import { HttpAgent } from '@ag-ui/client'

const [origin = 'http://127.0.0.1:4000'] = process.argv.slice(2)
const url = `${origin}/ag-ui`
const threadId = crypto.randomUUID()
const agent = new HttpAgent({ url, threadId })
agent.addMessage({ id: crypto.randomUUID(), role: 'user', content: 'Hello' })
await agent.runAgent({ tools: [{ name: 'time', description: 'The time', parameters: {} }] })
console.log(agent.messages.at(-1)?.content)

// Another page of the same thread, or this one after a reload: a run without a prompt.
const reloaded = new HttpAgent({ url, threadId })
await reloaded.runAgent()
console.log(reloaded.messages.map(({ role }) => role))
