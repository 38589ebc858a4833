export type { DevtoolsClient } from './devtools.ts'
export { mountDevtools } from './mount-devtools.ts'
