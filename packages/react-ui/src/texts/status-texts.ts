/** What the connection banner and the context meter say. */
export const statusTexts = {
  contextMeter: 'Context used',
  /** How much of the context is used; without a limit, how much there is. */
  contextTokens: (tokens: number, limit: number | undefined, estimated: boolean) => {
    const approximately = estimated ? '≈ ' : ''
    const of = limit === undefined ? '' : ` of ${limit.toLocaleString('en')}`
    return `${approximately}${tokens.toLocaleString('en')}${of} tokens`
  },
}
