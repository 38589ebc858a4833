import { otherProcess } from './across/other-process.ts'
import { secondProcess } from './across/second-process.ts'
import { threeProcesses } from './across/three-processes.ts'
import { crash } from './benches/crash.ts'
import { longAnswer } from './benches/long-answer.ts'
import { memory } from './benches/memory.ts'
import { opening } from './benches/opening.ts'
import { sinceCursor } from './benches/since-cursor.ts'
import { start } from './benches/start/start.ts'
import { streaming } from './benches/streaming/streaming.ts'
import { client } from './in-browser/client.ts'
import { firstPaint } from './in-browser/first-paint.ts'
import { streamingOnPostgres } from './postgres/streaming-on-postgres.ts'
import { fairness } from './subscribers/fairness.ts'
import { fanOutRate } from './subscribers/fan-out-rate.ts'
import { fanOut } from './subscribers/fan-out.ts'
import { idle } from './subscribers/idle.ts'
import { resume } from './subscribers/resume.ts'

export const benches = [
  streaming,
  longAnswer,
  opening,
  start,
  sinceCursor,
  crash,
  memory,
  fanOut,
  fanOutRate,
  resume,
  fairness,
  idle,
  client,
  firstPaint,
  streamingOnPostgres,
  otherProcess,
  secondProcess,
  threeProcesses,
]
