export {
  type BusConformanceOptions,
  busConformance,
  type TestBuses,
} from './bus/bus-conformance.ts'
export { type ConformanceOptions, storageConformance } from './storage-conformance.ts'
export type { ConformanceCase } from './support/conformance-case.ts'
export type { TestDatabase } from './support/bed.ts'
