import type { AgentPart } from '@caughtup/schema'
import { type SessionView, webSocket } from '@caughtup/web-client'

import type { SteppedAgent } from '../../system/stepped-agent.ts'
import { settled } from '../host/settled.ts'
import { connect, type Followed, httpLink, loadAll } from '../host/scenes.ts'
import type { Host } from '../host/host.ts'
import type { Device, Scene, SocketMessage, SocketScene } from '../recorded/releases.ts'
import { notingSocket } from './noting-socket.ts'
import { Recorder } from './recorder.ts'

/** Records the streams of some clients, with what the clients showed in the end. */
export async function recordScenes(
  { host, agent, url }: { host: Host; agent: SteppedAgent; url: string },
  devices: readonly Device[],
): Promise<Scene[]> {
  const scenes: Scene[] = []
  const record = async (
    follow: Scene['follow'],
    act: (followed: Followed, recorder: Recorder) => Promise<void>,
  ) => {
    const recorder = new Recorder()
    const followed = await connect(httpLink(url, recorder.fetch), follow)
    try {
      await act(followed, recorder)
      scenes.push({ follow, shown: followed.shown(), exchanges: recorder.exchanges })
    } finally {
      followed.close()
    }
  }

  await record({ sessionId: 'empty' }, async ({ view }, recorder) => {
    await liveThroughCut(host, agent, view, recorder)
  })
  await record({ sessionId: 'eventful' }, ({ view }) => loadAll(view))
  const [device] = devices.filter(({ sessionId }) => sessionId === 'versions')
  if (device) await record({ sessionId: 'versions', device }, async () => {})
  await record({ sessionId: 'waiting' }, async () => {})
  await record({ activity: true }, async () => {})
  return scenes
}

/** Records what a client and a server say to each other on a WebSocket. */
export async function recordSocket(url: string): Promise<SocketScene> {
  const sessionId = 'eventful'
  const messages: SocketMessage[] = []
  const link = webSocket({ url: `${url}/rpc`, WebSocket: notingSocket(messages) })
  const followed = await connect(link, { sessionId })
  try {
    await loadAll(followed.view)
    // Without what it says when it leaves.
    return { sessionId, shown: followed.shown(), messages: [...messages] }
  } finally {
    followed.close()
  }
}

/** An answer that streams, is cut off in the middle, and waits for its tool calls in the end. */
async function liveThroughCut(
  host: Host,
  agent: SteppedAgent,
  view: SessionView,
  recorder: Recorder,
): Promise<void> {
  const { rpc } = host.client('ann')
  await rpc.messages.send({ sessionId: 'empty', messageId: 'go', text: 'Go', model: 'large' })
  const run = await agent.run()
  const yields = async (...parts: AgentPart[]) => {
    for (const part of parts) {
      await run.yields(part)
      await seen(host, view)
    }
  }
  await yields(
    { type: 'reasoning-start', id: 'r' },
    { type: 'reasoning-delta', id: 'r', text: 'Let me ' },
    { type: 'reasoning-delta', id: 'r', text: 'see' },
    { type: 'reasoning-end', id: 'r' },
    { type: 'text-delta', text: 'Hel' },
    { type: 'text-delta', text: 'lo 👋' },
    { type: 'tool-input-start', id: 'look', toolName: 'look' },
    { type: 'tool-input-delta', id: 'look', delta: '{"path"' },
  )
  recorder.cut()
  await run.yields({ type: 'tool-input-delta', id: 'look', delta: ':"a"}' })
  await seen(host, view)
  await yields(
    { type: 'tool-call', toolCallId: 'look', toolName: 'look', input: { path: 'a' } },
    { type: 'tool-result', toolCallId: 'look', toolName: 'look', output: { lines: 3 } },
    { type: 'text-delta', text: 'Three lines. ' },
    { type: 'message-metadata', messageMetadata: { mood: 'calm' } },
    { type: 'text-delta', text: 'May I?' },
    { type: 'tool-call', toolCallId: 'a', toolName: 'remove', input: { path: 'a' } },
    {
      type: 'tool-approval-request',
      approvalId: 'approve-a',
      toolCall: { toolCallId: 'a', toolName: 'remove', input: { path: 'a' } },
    },
  )
  await rpc.messages.send({ sessionId: 'empty', messageId: 'next', text: 'Next' })
  await run.yields({ type: 'finish', usage: { inputTokens: 9, outputTokens: 4 } })
  run.finish()
  await settled(host, 'empty')
  await seen(host, view)
}

/** Resolves when a view has all that its session has. */
async function seen({ store }: Host, view: SessionView): Promise<void> {
  for (let waited = 0; ; waited++) {
    const { cursor } = await store.head(view.sessionId)
    const { connection, stale } = view.getSnapshot()
    if (connection.status === 'live' && !stale && view.state.view.seq === cursor.seq) return
    if (waited > 5_000) throw new Error(`The view of ${view.sessionId} stays behind.`)
    await new Promise((resolve) => setTimeout(resolve, 1))
  }
}
