export {
  type ConformanceCase,
  type ConformanceOptions,
  storageConformance,
} from './storage-conformance.ts'
export type { TestDatabase } from './support/bed.ts'
