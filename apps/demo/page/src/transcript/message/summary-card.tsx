import type { Message } from '@caughtup/schema'

import { Disclosure } from '../../ui/disclosure.tsx'
import { EpochDivider } from './epoch-divider.tsx'
import { MessageContent } from './message-content.tsx'
import { messageText } from '../../../../shared/message-text.ts'
import { Markdown } from '../markdown/markdown.tsx'

const triggers = {
  user: 'Context compacted',
  auto: 'Context compacted because it was nearly full',
  idle: 'Context compacted while the chat was idle',
}

/** The beginning of a text, without Markdown's marks. */
function plain(markdown: string): string {
  return markdown.slice(0, 200).replaceAll(/[*_`#>|-]+/g, '')
}

/** The summary with which a compaction opens an epoch. */
export function SummaryCard({ message }: { message: Message }) {
  const { boundary } = message.metadata
  const text = messageText(message)
  return (
    <>
      <EpochDivider>{triggers[boundary?.trigger ?? 'user']}</EpochDivider>
      <MessageContent message={message}>
        <Disclosure
          summary={
            <>
              <span className="shrink-0 font-medium">Summary of earlier messages</span>
              <span className="truncate text-muted-foreground max-sm:hidden">{plain(text)}</span>
            </>
          }
        >
          {() => <Markdown text={text} streaming={false} />}
        </Disclosure>
      </MessageContent>
    </>
  )
}
