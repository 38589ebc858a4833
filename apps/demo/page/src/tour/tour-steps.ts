import { approval } from './steps/approval.ts'
import { asleep } from './steps/asleep.ts'
import { compaction } from './steps/compaction.ts'
import { cut } from './steps/cut.ts'
import { devices } from './steps/devices.ts'
import { kill } from './steps/kill.ts'
import { long } from './steps/long.ts'
import { reload } from './steps/reload.ts'
import { stop } from './steps/stop.ts'
import { stream } from './steps/stream.ts'
import type { TourStep } from './tour-step.ts'

export const tourSteps: readonly TourStep[] = [
  stream,
  reload,
  cut,
  kill,
  devices,
  stop,
  asleep,
  long,
  compaction,
  approval,
]
