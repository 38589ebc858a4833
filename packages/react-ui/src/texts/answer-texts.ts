/** What the version switch and the approval card say. */
export const answerTexts = {
  versionOf: (index: number, count: number) => `Version ${index} of ${count}`,
  previousVersion: 'The version before',
  nextVersion: 'The next version',

  /** The name of a card whose call waits to be approved. */
  approvalOf: (tool: string) => `Approve ${tool}?`,
  /** The name of a card whose call waits for what it returns here. */
  outputOf: (tool: string) => `Answer ${tool}`,
  /** Its name once it was answered. */
  answerOf: (tool: string, answer: string) => `${tool}: ${answer}`,
  approve: 'Approve',
  deny: 'Deny',
  reason: 'Reason (optional)',
  approved: 'Approved',
  denied: (reason: string | undefined) => (reason ? `Denied: ${reason}` : 'Denied'),
  answered: 'Answered',
  /** After one of these, if this device wanted to answer too. */
  elsewhere: (answer: string) => `${answer}, on another device`,
  /** Of a call whose run is over. */
  unanswered: 'No longer waiting',
}
