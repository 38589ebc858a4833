import { crash } from './crash.ts'
import { longAnswer } from './long-answer.ts'
import { memory } from './memory.ts'
import { opening } from './opening.ts'
import { sinceCursor } from './since-cursor.ts'
import { streaming } from './streaming.ts'

export const benches = [streaming, longAnswer, opening, sinceCursor, crash, memory]
