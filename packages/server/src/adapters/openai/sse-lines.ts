import { mostCharacters, tooLarge } from './provider-error.ts'

/** Turns the text of server-sent events, cut anywhere, into the data of each event. */
export class SseLines {
  #line: string[] = []
  #data: string[] = []
  #size = 0
  /** A line feed that comes next belongs to the line's end before it. */
  #afterReturn = false

  take(text: string): string[] {
    const events: string[] = []
    let from = this.#afterReturn && text.startsWith('\n') ? 1 : 0
    if (text !== '') this.#afterReturn = text.endsWith('\r')
    for (const { 0: end, index } of text.matchAll(/\r\n|\n|\r/g)) {
      if (index < from) continue
      this.#add(text.slice(from, index))
      from = index + end.length
      const line = this.#line.join('')
      this.#line = []
      if (line !== '') this.#field(line)
      else events.push(...this.#event())
    }
    this.#add(text.slice(from))
    return events
  }

  #add(text: string): void {
    this.#size += text.length
    if (this.#size > mostCharacters) throw tooLarge('An event of the provider')
    if (text !== '') this.#line.push(text)
  }

  #field(line: string): void {
    const [, data] = /^data(?:: ?(.*))?$/s.exec(line) ?? []
    if (data !== undefined) this.#data.push(data)
  }

  #event(): string[] {
    const data = this.#data.join('\n')
    this.#data = []
    this.#size = 0
    return data === '' ? [] : [data]
  }
}
