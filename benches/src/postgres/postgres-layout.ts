import type { Layout } from '../benches/streaming/layouts/layout.ts'

/** A way to store answers in PostgreSQL while they stream. */
export interface PostgresLayout extends Omit<Layout, 'finish'> {
  /** How long each window took to write since the last call, in ms. */
  takeDurations(): number[]
}
