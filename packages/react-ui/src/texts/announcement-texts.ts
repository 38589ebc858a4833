/** What screen readers are told, besides what is wrong with the connection. */
export const announcementTexts = {
  connectedAgain: 'Connected again.',
  answerComplete: (text: string) => `Answer complete. ${text}`,
  answerFailed: 'The answer failed.',
  waitsForYou: 'The answer waits for you.',
}
