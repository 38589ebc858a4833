import { approval } from './approval.ts'
import { asleep } from './asleep.ts'
import { compaction } from './compaction.ts'
import { cut } from './cut.ts'
import { devices } from './devices.ts'
import { kill } from './kill.ts'
import { long } from './long.ts'
import { reload } from './reload.ts'
import { stop } from './stop.ts'
import { stream } from './stream.ts'
import type { TourStep } from '../stage/tour-step.ts'

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
