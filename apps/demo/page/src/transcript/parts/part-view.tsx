import type { Part } from '@caughtup/schema'
import { memo } from 'react'

import { askNextType } from '../../../../shared/ask-next.ts'
import { DataView } from './data-view.tsx'
import { FileView } from './file-view.tsx'
import { Markdown } from '../markdown/markdown.tsx'
import { Reasoning } from './reasoning.tsx'
import { ToolCard } from './tool-card.tsx'

interface PartViewProps {
  part: Part
  /** Whether it is the last part of an open message, which grows. */
  streaming: boolean
}

/** Memoised by the part's identity: while a message streams, only its last part is drawn again. */
export const PartView = memo(function PartView({ part, streaming }: PartViewProps) {
  switch (part.type) {
    case 'text':
      return part.text && <Markdown text={part.text} streaming={streaming} />
    case 'reasoning':
      return (
        part.text && <Reasoning text={part.text} streaming={streaming && part.state !== 'done'} />
      )
    case 'dynamic-tool':
      return <ToolCard part={part} />
    case 'file':
    case 'reasoning-file':
      return <FileView part={part} />
    case 'source-url':
    case 'source-document':
      // SourceList shows them below the answer.
      return null
    case 'custom':
    case 'step-start':
    // AskNext shows it below the answer.
    case askNextType:
      return null
    default:
      return <DataView part={part} />
  }
})
