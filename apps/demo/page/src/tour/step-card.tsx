import { Check, LoaderCircle, X } from 'lucide-react'

import { Button } from '../ui/button.tsx'
import type { Outcome } from './saved-tour.ts'
import type { TourStep } from './stage/tour-step.ts'
import type { Verdict } from './evidence/verdict.ts'

interface StepCardProps {
  step: TourStep
  number: number
  outcome: Outcome | undefined
  running: boolean
  /** Whether another step is under way. */
  blocked: boolean
  onRun: () => void
  onCancel: () => void
}

export function StepCard(props: StepCardProps) {
  const { step, number, outcome, running, blocked, onRun, onCancel } = props
  return (
    <li
      data-testid="tour-step"
      data-step={step.id}
      data-passed={running ? undefined : outcome?.verdict.passed}
      className="border-t border-border px-5 py-4"
    >
      <h3 className="text-sm font-medium">
        <span className="mr-2 text-muted-foreground tabular-nums">{number}</span>
        {step.title}
      </h3>
      <p className="mt-1 text-[0.8125rem] text-pretty text-muted-foreground">{step.text}</p>
      <div className="mt-2.5 flex items-center gap-2">
        {running ? (
          <Button onClick={onCancel}>
            <LoaderCircle
              aria-hidden
              size={15}
              className="animate-spin motion-reduce:animate-none"
            />
            Give up
          </Button>
        ) : (
          <Button look={outcome ? 'plain' : 'primary'} disabled={blocked} onClick={onRun}>
            {outcome ? `${step.action} again` : step.action}
          </Button>
        )}
      </div>
      <output className="block">
        {!running && outcome && <VerdictLine verdict={outcome.verdict} />}
        {!running && outcome?.naive && (
          <VerdictLine verdict={outcome.naive} who="A naive client beside it: " />
        )}
      </output>
    </li>
  )
}

function VerdictLine({ verdict, who = '' }: { verdict: Verdict; who?: string }) {
  const Icon = verdict.passed ? Check : X
  return (
    <p
      data-testid={who === '' ? 'verdict' : 'naive-verdict'}
      className={`mt-2 flex gap-2 text-[0.8125rem] ${verdict.passed ? '' : 'text-danger'}`}
    >
      <Icon
        aria-label={verdict.passed ? 'Kept' : 'Not kept'}
        size={16}
        className={`mt-0.5 shrink-0 ${verdict.passed ? 'text-success' : ''}`}
      />
      <span className="min-w-0 text-pretty">
        {who}
        {verdict.text}
      </span>
    </p>
  )
}
