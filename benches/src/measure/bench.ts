/** One question, and how its answer is measured. */
export interface Bench {
  /** What it is called on the command line. */
  name: string
  question: string
  /** Whether the medium of the database makes a difference. */
  onDisk: boolean
  columns: readonly Column[]
  cases(profile: Profile): Case[]
  /** Sets the rows of one place beside each other: subtracts the control, adds ratios. */
  compare?(rows: readonly Row[]): Row[]
  /** What was hoped for, beside the rows of one place. */
  goals(rows: readonly Row[]): Goal[]
}

/** One measurement, made in a process of its own. */
export interface Case {
  title: string
  /** Measures in an empty folder, which is removed afterwards. */
  measure(folder: string): Promise<Row[]>
}

/** How much is measured. */
export interface Profile {
  /** Seconds of streaming. */
  seconds: number
  /** Messages of the longest session. */
  messages: number
  /** Moments instead of seconds, to see that every figure is there; they say nothing. */
  quick: boolean
}

/** A row of a table, by the keys of its columns. */
export type Row = Readonly<Record<string, string | number>>

export interface Column {
  key: string
  /** Names the unit. */
  title: string
  /** Places after the decimal point. @default 0 */
  digits?: number
}

export interface Goal {
  goal: string
  measured: string
  met: boolean
}

/** @throws Error when the row does not have it */
export function figure(row: Row, key: string): number {
  const value = row[key]
  if (typeof value !== 'number') throw new Error(`No figure ${key} in ${JSON.stringify(row)}`)
  return value
}
