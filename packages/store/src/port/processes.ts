/** The openings of a database, each of which is a process to the others. */
export interface Processes {
  /** This one's name. */
  readonly own: string
  /**
   * Whether another one has moved its counter since this one moved its own for the first time. Then neither has
   * seen the database restored from a backup, for which all are stopped.
   */
  wasAlive(process: string): Promise<boolean>
  /** The other ones that hold leases of runs, and their counters. */
  holders(): Promise<ReadonlyMap<string, number>>
}
