/** More text than the window of a compressor, so that it does not notice that tokens repeat. */
const count = 65_536

const tokens = makeTokens()

/** The `n`th token of an answer: a space and three to five letters, the same in every run. */
export function tokenText(answer: number, n: number): string {
  return tokens[(answer * 7_919 + n) % count] ?? ''
}

/** Random letters, which compress less than any language. */
function makeTokens(): string[] {
  let state = 1
  const random = (below: number) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return Math.floor((state / 2 ** 32) * below)
  }
  return Array.from({ length: count }, () => {
    let token = ' '
    for (let letters = 3 + random(3); letters > 0; letters--) {
      token += String.fromCharCode(97 + random(26))
    }
    return token
  })
}
