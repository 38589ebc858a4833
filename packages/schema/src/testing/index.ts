export { ManualClock, settle } from './manual-clock.ts'
export { Random } from './random.ts'
