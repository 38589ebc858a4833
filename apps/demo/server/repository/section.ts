/** A stretch of a file about one thing: the unit of the search. */
export interface Section {
  path: string
  /** A heading, a declared name, or the file's name. */
  title: string
  kind: 'prose' | 'code' | 'test' | 'other'
  /** First and last line, from 1. */
  from: number
  to: number
  text: string
}
