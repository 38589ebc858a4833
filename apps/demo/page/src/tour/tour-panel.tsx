import { X } from 'lucide-react'

import { IconButton } from '../ui/icon-button.tsx'
import { StepCard } from './step-card.tsx'
import { useTour, useTourSnapshot } from './tour-context.tsx'
import { tourSteps } from './steps/tour-steps.ts'

/** Ten promises, each with a button that puts it to the test and a verdict that is computed. */
export function TourPanel() {
  const tour = useTour()
  const { running, outcomes, comparing } = useTourSnapshot()
  const passed = tourSteps.filter(({ id }) => outcomes[id]?.verdict.passed).length
  return (
    <div data-testid="tour" className="flex min-h-0 flex-1 flex-col">
      <div className="flex h-16 shrink-0 items-center justify-between pr-3 pl-5">
        <h2 className="font-semibold">
          The tour
          <span className="ml-2 text-sm font-normal text-muted-foreground">
            {passed} of {tourSteps.length} kept
          </span>
        </h2>
        <IconButton icon={X} label="Close the tour" onClick={() => tour.close()} />
      </div>
      <section
        aria-label="Steps of the tour"
        className="min-h-0 flex-1 overflow-y-auto overscroll-contain pb-6"
      >
        <p className="px-5 pb-3 text-[0.8125rem] text-pretty text-muted-foreground">
          Each step puts a promise to the test, in a chat of its own. Its verdict compares what this
          page holds with the server’s journal, token by token.
        </p>
        <label className="flex cursor-pointer items-center gap-2 px-5 pb-4 text-[0.8125rem]">
          <input
            type="checkbox"
            checked={comparing}
            disabled={running !== undefined}
            onChange={(event) => tour.compare(event.target.checked)}
            className="size-4 accent-primary"
          />
          Let a naive client follow the same stream
        </label>
        <ol>
          {tourSteps.map((step, index) => (
            <StepCard
              key={step.id}
              step={step}
              number={index + 1}
              outcome={outcomes[step.id]}
              running={running === step.id}
              blocked={running !== undefined}
              onRun={() => tour.run(step)}
              onCancel={() => tour.cancel()}
            />
          ))}
        </ol>
      </section>
    </div>
  )
}
