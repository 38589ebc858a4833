/**
 * Items in order, no two of them at the same place. A place is found by halving; changes are cheapest
 * at the end.
 */
export class SortedList<Place, Item extends Place> {
  readonly #compare: (a: Place, b: Place) => number
  readonly #items: Item[] = []

  constructor(compare: (a: Place, b: Place) => number) {
    this.#compare = compare
  }

  add(item: Item): void {
    this.#items.splice(this.#indexAfter(item), 0, item)
  }

  /** Removes the item at a place, which must have one. */
  remove(place: Place): void {
    this.#items.splice(this.#indexAfter(place) - 1, 1)
  }

  /** The items behind a place; all without one. The list must not change meanwhile. */
  *after(place?: Place): Generator<Item> {
    const start = place === undefined ? 0 : this.#indexAfter(place)
    for (let index = start; index < this.#items.length; index++) {
      const item = this.#items[index]
      if (item !== undefined) yield item
    }
  }

  /** The same backwards: the items before a place, the last one first. */
  *before(place?: Place): Generator<Item> {
    const end = place === undefined ? this.#items.length : this.#indexAfter(place)
    for (let index = end - 1; index >= 0; index--) {
      const item = this.#items[index]
      if (item !== undefined && (!place || this.#compare(item, place) < 0)) yield item
    }
  }

  #indexAfter(place: Place): number {
    let low = 0
    let high = this.#items.length
    while (low < high) {
      const middle = (low + high) >>> 1
      const item = this.#items[middle]
      if (item !== undefined && this.#compare(item, place) > 0) high = middle
      else low = middle + 1
    }
    return low
  }
}
