import { Skull } from 'lucide-react'

import type { ProcessState, Served, ServerProcessInfo, StreamKind } from '../../../shared/served.ts'
import { killProcess } from '../client/processes.ts'
import { Button } from '../ui/button.tsx'
import { useToasts } from '../ui/toasts.tsx'
import { Metric } from './metric.tsx'

const streamNames: Record<StreamKind, string> = {
  websocket: 'All streams (WebSocket)',
  chat: 'Chat (SSE)',
  list: 'Session list (SSE)',
  other: 'Another stream',
}

const stateLooks: Record<ProcessState, string> = {
  starting: 'bg-warning',
  serving: 'bg-success',
  draining: 'bg-warning',
  silent: 'bg-danger',
  gone: 'bg-danger',
}

/** The server's processes, if there are several: which of them serves this page, and a button that kills one. */
export function ProcessPanel({ served }: { served: Served | undefined }) {
  const { attempt } = useToasts()
  if (!served || served.processes.length === 0) return null
  return (
    <section aria-label="Processes" className="border-t border-border px-5 py-3">
      <h3 className="mb-1 text-sm font-medium">Processes</h3>
      <dl className="mb-2 text-[0.8125rem]">
        {served.streams.map(({ kind, process }, index) => (
          <Metric
            key={index}
            name={`process-of-${kind}`}
            label={streamNames[kind]}
            value={`process ${process}`}
            hint="The process that serves this stream of the page"
          />
        ))}
      </dl>
      <ul className="flex flex-col gap-1.5">
        {served.processes.map((process) => (
          <ProcessRow
            key={process.id}
            process={process}
            onKill={() => attempt('Killing the process', () => killProcess(process.id))}
          />
        ))}
      </ul>
    </section>
  )
}

function ProcessRow({ process, onKill }: { process: ServerProcessInfo; onKill: () => void }) {
  const { id, pid, state, streams } = process
  return (
    <li
      data-testid="process"
      data-state={state}
      className="flex items-center gap-2 text-[0.8125rem]"
      title={`Its id in the operating system: ${pid}`}
    >
      <span aria-hidden className={`size-2 shrink-0 rounded-full ${stateLooks[state]}`} />
      <span className="min-w-0 flex-1 truncate">
        Process {id}
        <span className="ml-2 text-muted-foreground tabular-nums">
          {state}, {streams === 1 ? '1 stream' : `${streams} streams`}
        </span>
      </span>
      <Button aria-label={`Kill process ${id}`} disabled={state === 'gone'} onClick={onKill}>
        <Skull aria-hidden size={15} />
        Kill
      </Button>
    </li>
  )
}
