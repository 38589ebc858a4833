import {
  ActionBarPrimitive,
  AssistantRuntimeProvider,
  ComposerPrimitive,
  MessagePrimitive,
  QueueItemPrimitive,
  ThreadPrimitive,
  type ToolCallMessagePartProps,
  useExternalStoreRuntime,
} from '@assistant-ui/react'
import type { SessionView } from '@caughtup/web-client'
import { useAssistantSession } from '@caughtup/web-client/assistant-ui'

export function Chat({ session }: { session: SessionView }) {
  const runtime = useExternalStoreRuntime(useAssistantSession(session))
  return (
    <AssistantRuntimeProvider runtime={runtime}>
      <ThreadPrimitive.Messages components={{ UserMessage, UserEditComposer, AssistantMessage }} />
      <ComposerPrimitive.Root>
        <ComposerPrimitive.Queue>
          {({ queueItem }) => (
            <li>
              {queueItem.prompt} <QueueItemPrimitive.Remove>Remove</QueueItemPrimitive.Remove>
            </li>
          )}
        </ComposerPrimitive.Queue>
        <ComposerPrimitive.Input aria-label="Prompt" />
        <ComposerPrimitive.Send>Send</ComposerPrimitive.Send>
        <ComposerPrimitive.Cancel>Stop</ComposerPrimitive.Cancel>
      </ComposerPrimitive.Root>
    </AssistantRuntimeProvider>
  )
}

function UserMessage() {
  return (
    <MessagePrimitive.Root>
      <MessagePrimitive.Parts components={{ Text }} />
      <ActionBarPrimitive.Edit>Edit</ActionBarPrimitive.Edit>
    </MessagePrimitive.Root>
  )
}

function UserEditComposer() {
  return (
    <ComposerPrimitive.Root>
      <ComposerPrimitive.Input aria-label="Edited prompt" />
      <ComposerPrimitive.Send>Send again</ComposerPrimitive.Send>
    </ComposerPrimitive.Root>
  )
}

function AssistantMessage() {
  return (
    <MessagePrimitive.Root>
      <MessagePrimitive.Parts components={{ Text, tools: { Fallback: Call } }} />
      <ActionBarPrimitive.Reload>Answer again</ActionBarPrimitive.Reload>
    </MessagePrimitive.Root>
  )
}

function Text({ text }: { text: string }) {
  return <p>{text}</p>
}

function Call({
  toolName,
  approval,
  result,
  respondToApproval,
  addResult,
}: ToolCallMessagePartProps) {
  if (result !== undefined) return <code>{`${toolName}: ${JSON.stringify(result)}`}</code>
  if (!approval) return <button onClick={() => addResult('Here')}>{toolName}</button>
  if (approval.approved !== undefined) return <code>{toolName}</code>
  return (
    <button onClick={() => void respondToApproval({ approved: true })}>Allow {toolName}</button>
  )
}
