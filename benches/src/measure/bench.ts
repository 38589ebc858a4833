/** A question about the store's cost, and its measurements. */
export interface Bench {
  /** Its name on the command line. */
  name: string
  question: string
  /** Whether the medium of the database makes a difference. */
  onDisk: boolean
  columns: readonly Column[]
  cases(profile: Profile): Case[]
  /** Relates the rows of one place: subtracts the control, adds ratios. */
  compare?(rows: readonly Row[]): Row[]
  /** Compares the rows of one place with the goals. */
  goals(rows: readonly Row[]): Goal[]
}

/** One measurement, in a process of its own. */
export interface Case {
  title: string
  /** Measures in an empty folder, which the caller removes afterwards. */
  measure(folder: string): Promise<Row[]>
}

/** The amount of work to measure. */
export interface Profile {
  /** Seconds of streaming. */
  seconds: number
  /** Messages of the longest session. */
  messages: number
  /** Moments instead of seconds, to test the benches; the figures mean nothing. */
  quick: boolean
}

/** A row of a table: values by the keys of its columns. */
export type Row = Readonly<Record<string, string | number>>

export interface Column {
  key: string
  /** With the unit. */
  title: string
  /** Decimal places. @default 0 */
  digits?: number
}

export interface Goal {
  goal: string
  measured: string
  met: boolean
}

/** @throws Error if the row lacks the figure */
export function figure(row: Row, key: string): number {
  const value = row[key]
  if (typeof value !== 'number') throw new Error(`No figure ${key} in ${JSON.stringify(row)}`)
  return value
}
