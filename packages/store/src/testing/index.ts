export {
  type ConformanceCase,
  type ConformanceOptions,
  storageConformance,
} from './storage-conformance.ts'
export type { TestDatabase } from './conformance/bed.ts'
