import type { ToolPart } from '@caughtup/schema'
import { Ban, Check, CircleHelp, type LucideIcon, TriangleAlert, Wrench } from 'lucide-react'

import { Disclosure } from '../../ui/disclosure.tsx'
import { ApprovalButtons } from './approval-buttons.tsx'
import { JsonBlock } from './json-block.tsx'
import { toolSummary } from './tool-summary.ts'

const states: Record<ToolPart['state'], { icon: LucideIcon; text: string; look: string }> = {
  'input-streaming': { icon: Wrench, text: 'Preparing', look: 'text-muted-foreground breathe' },
  'input-available': { icon: Wrench, text: 'Running', look: 'text-primary breathe' },
  'approval-requested': { icon: CircleHelp, text: 'Waiting for approval', look: 'text-primary' },
  'approval-responded': { icon: Wrench, text: 'Approval answered', look: 'text-primary breathe' },
  'output-available': { icon: Check, text: 'Done', look: 'text-success' },
  'output-error': { icon: TriangleAlert, text: 'Failed', look: 'text-danger' },
  'output-denied': { icon: Ban, text: 'Denied', look: 'text-muted-foreground' },
}

export function ToolCard({ part }: { part: ToolPart }) {
  return (
    <>
      <CallCard part={part} />
      <ApprovalButtons part={part} />
    </>
  )
}

function CallCard({ part }: { part: ToolPart }) {
  const { icon: Icon, text, look } = states[part.state]
  return (
    <Disclosure
      summary={
        <>
          <Icon aria-hidden size={15} className={`shrink-0 ${look}`} />
          <span className="shrink-0 font-medium">{part.title ?? part.toolName}</span>
          <span className="min-w-0 truncate font-mono text-xs text-muted-foreground">
            {toolSummary(part)}
          </span>
          <span className="ml-auto shrink-0 pl-2 text-xs text-muted-foreground">{text}</span>
        </>
      }
    >
      {() => <ToolDetails part={part} />}
    </Disclosure>
  )
}

function ToolDetails({ part }: { part: ToolPart }) {
  switch (part.state) {
    case 'input-streaming':
      return <JsonBlock label="Input so far" value={part.rawInput} />
    case 'input-available':
    case 'approval-requested':
    case 'approval-responded':
    case 'output-denied':
      return <JsonBlock label="Input" value={part.input} />
    case 'output-available':
      return (
        <div className="flex flex-col gap-3">
          <JsonBlock label="Input" value={part.input} />
          <JsonBlock label={part.preliminary ? 'Output so far' : 'Output'} value={part.output} />
        </div>
      )
    case 'output-error':
      return (
        <div className="flex flex-col gap-3">
          <JsonBlock label="Input" value={part.input} />
          <JsonBlock label="Error" value={part.errorText} failed />
        </div>
      )
  }
}
