import { formatNames, formats } from '../formats/formats.ts'

const width = Math.max(...formatNames.map(({ length }) => length))
const list = formatNames.map((name) => `  ${name.padEnd(width)}  ${formats[name].title}`).join('\n')

export const help = `caughtup: bring transcripts into a Caughtup database, and out of it

  caughtup import FILE… --db FILE (--owner NAME | --session ID) [options]
  caughtup export --db FILE (--session ID | --owner NAME) [options]

A transcript is JSON Lines, one JSON array, or one JSON object. A value in it is a message of the
file's one conversation, or a conversation of its own: an export's, or { "messages": […] }.

import  adds at the end of a session what it does not have yet; what was edited or removed here
        stays so. With --session the same file again adds nothing; with --owner each run makes new
        sessions. FILE may be - for standard input. The ids of the sessions are printed.
  --db FILE         the database, made when it is missing
  --owner NAME      makes a new session of NAME for each conversation
  --session ID      adds to this session instead; with --owner, only if NAME is a member
  --title TEXT      of new sessions; otherwise the conversation's title or the file's name
  --format FORMAT   one of those below; otherwise the format is told from what is there
  --final           the files are complete: take a last message that looks unfinished, too
  --created TIME    when new sessions began; otherwise as the transcript says, or its first message
  --recency TIME    when they were last used; otherwise the time of the last message
  --unread          leaves what comes unread; otherwise NAME of --owner has read it

TIME is ISO 8601 or a number of ms since 1970. The formats:

${list}

export  prints what import reads.
  --db FILE         the database
  --session ID      one session, a message in each line
  --owner NAME      all sessions of NAME, a conversation in each line
  --format FORMAT   ui (the default, keeps everything) or openai
  --out FILE        write to FILE, which appears when it is complete

It ends with 0 when all went well, with 1 when messages or parts were left out and the rest is there,
with 2 when something could not be done, such as a file of which nothing could be read. What was left
out is told on standard error.
`
