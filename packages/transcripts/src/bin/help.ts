import { formatNames, formats } from '../formats/formats.ts'

const width = Math.max(...formatNames.map(({ length }) => length))
const list = formatNames.map((name) => `  ${name.padEnd(width)}  ${formats[name].title}`).join('\n')

export const help = `caughtup: import transcripts into a Caughtup database, export them, and copy databases

  caughtup import FILE… --db FILE (--owner NAME | --session ID) [options]
  caughtup export --db FILE (--session ID | --owner NAME) [options]
  caughtup copy --from FILE --to postgres://USER@HOST/DB [--schema NAME]

A transcript is JSON Lines, one JSON array, or one JSON object. Each value in it is a message of the
file's only conversation, or a conversation: one of an export, or { "messages": […] }.

import  adds to the end of a session the messages that it does not have; messages that were edited or
        removed here stay so. With --session, importing a file again adds nothing; with --owner each
        run creates new sessions. FILE may be - for standard input. Prints the ids of the sessions.
  --db FILE         the database, created if it does not exist
  --owner NAME      creates a new session of NAME for each conversation
  --session ID      adds to this session instead; with --owner, only if NAME is a member
  --title TEXT      title of new sessions; by default the conversation's title or the file's name
  --format FORMAT   one of those below; by default detected from the messages
  --final           the files are complete: import a last message even if it looks unfinished
  --created TIME    when new sessions began; by default the transcript's time or its first message's
  --recency TIME    when they were last used; by default the time of the last message
  --unread          leaves the imported messages unread; by default NAME of --owner has read them

TIME is ISO 8601 or a number of ms since 1970. The formats:

${list}

export  prints sessions in a form that import reads.
  --db FILE         the database
  --session ID      one session, with a message in each line
  --owner NAME      all sessions of NAME, with a conversation in each line
  --format FORMAT   ui (the default, keeps everything) or openai
  --out FILE        writes to FILE, which appears once it is complete

copy  copies all sessions to another database, so that open clients go on where they are. Stop the
      servers of FILE first. Interrupted, it goes on when you start it again; what is there already
      is not copied again. It replaces no session: one of the same id that is no copy ends it.
  --from FILE       the SQLite database; no other process can open it meanwhile
  --to ADDRESS      a PostgreSQL database (needs the package pg), or the path of a SQLite database
  --schema NAME     the schema of the tables in PostgreSQL; caughtup by default

Exits with 0 on success, with 1 if messages or parts were left out and the rest was processed, with 2
if something failed, such as a file without a readable message. Omissions are reported on standard
error.
`
