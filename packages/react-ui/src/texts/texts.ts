import { announcementTexts } from './announcement-texts.ts'
import { answerTexts } from './answer-texts.ts'
import { connectionTexts } from './connection-texts.ts'
import { composerTexts } from './composer-texts.ts'
import { messageTexts } from './message-texts.ts'
import { sessionTexts } from './session-texts.ts'
import { promptsTexts } from './prompts-texts.ts'
import { statusTexts } from './status-texts.ts'

/** Every word that the components say, in English. `UiProvider` puts others in their place. */
export const englishTexts = {
  announcements: announcementTexts,
  answers: answerTexts,
  connection: connectionTexts,
  composer: composerTexts,
  messages: messageTexts,
  sessions: sessionTexts,
  prompts: promptsTexts,
  status: statusTexts,
}

/** The words of the components, by what they belong to. Each is a text, or a function that makes one. */
export type Texts = typeof englishTexts

/** Other words for some of the texts; what is left out stays English. */
export type TextChanges = { [Section in keyof Texts]?: Partial<Texts[Section]> }

export function withTexts(changes: TextChanges): Texts {
  return {
    announcements: { ...announcementTexts, ...changes.announcements },
    answers: { ...answerTexts, ...changes.answers },
    connection: { ...connectionTexts, ...changes.connection },
    composer: { ...composerTexts, ...changes.composer },
    messages: { ...messageTexts, ...changes.messages },
    sessions: { ...sessionTexts, ...changes.sessions },
    prompts: { ...promptsTexts, ...changes.prompts },
    status: { ...statusTexts, ...changes.status },
  }
}
