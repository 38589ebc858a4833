import type { DataPart } from '@caughtup/schema'
import { isNoticeKind, type Notice, noticeText, noticeType } from '@caughtup/schema/notice'
import { Braces } from 'lucide-react'

import { Disclosure } from '../../ui/disclosure.tsx'
import { JsonBlock } from './json-block.tsx'
import { NoticeLine } from './notice-line.tsx'

/** A notice in words; any other data part as JSON. */
export function DataView({ part }: { part: DataPart }) {
  if (part.type === noticeType && isNotice(part.data)) {
    return <NoticeLine>{noticeText(part.data)}</NoticeLine>
  }
  return (
    <Disclosure
      summary={
        <>
          <Braces aria-hidden size={15} className="shrink-0 text-muted-foreground" />
          <span className="truncate">{part.type.slice('data-'.length)}</span>
        </>
      }
    >
      {() => <JsonBlock label="Data" value={part.data} />}
    </Disclosure>
  )
}

function isNotice(data: unknown): data is Notice {
  if (typeof data !== 'object' || data === null) return false
  if (!('kind' in data && 'assistant' in data)) return false
  return isNoticeKind(data.kind) && typeof data.assistant === 'string'
}
