/** A question about cost, and its measurements. */
export interface Bench {
  /** Its name on the command line. */
  name: string
  question: string
  /** How often all cases are measured: each once in turn, then each again. @default 3 */
  rounds?: number
  /** Whether it needs Chromium. @default false */
  inBrowser?: boolean
  columns: readonly Column[]
  cases(profile: Profile): Case[]
  /** Relates the rows of one round: subtracts the control, adds ratios. */
  compare?(rows: readonly Row[]): Row[]
  /** Compares the rows of one round with the goals. */
  goals(rows: readonly Row[]): Goal[]
  charts?: readonly Chart[]
  /** What a reader of the figures has to know, in sentences: they appear below the table. */
  notes?: readonly string[]
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
  /** Ours and the bare loop for moments, to test the benches; the figures mean nothing. */
  smoke: boolean
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

/** A goal, with the figure of one round. It is met if the median of all rounds is. */
export interface Goal {
  /** What is compared, the same in each round. */
  goal: string
  measured: number
  /** Behind the figure: `×`, `%`, `ms`. */
  unit: string
  /** Decimal places. @default 2 */
  digits?: number
  bound: { least: number } | { most: number }
  /** What holds it back while it is missed, as a sentence. */
  heldBackBy?: string
}

/** A picture of some rows. The axes have the titles of their columns. */
export interface Chart {
  /** Of its file, without an ending. */
  name: string
  title: string
  kind: 'bars' | 'lines'
  /** The key of the column along the x axis: one place for each of its values, in the order of the rows. */
  x: string
  /** The key of the figure. */
  y: string
  /** The key of the column that names the bar or the line. */
  by: string
  /** A logarithmic y axis. */
  log?: boolean
  /** Only rows with these values. */
  where?: Row
}

/** The name of our side in tables and charts, which show it in a colour of its own. */
export const ours = 'Caughtup'

/** @throws Error if the row lacks the figure */
export function figure(row: Row, key: string): number {
  const value = row[key]
  if (typeof value !== 'number') throw new Error(`No figure ${key} in ${JSON.stringify(row)}`)
  return value
}
