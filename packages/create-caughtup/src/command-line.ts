import { parseArgs } from 'node:util'

import { asTemplate, type Template, templates } from './templates.ts'
import { UsageError } from './usage-error.ts'

/** What was asked for on the command line; what is missing may be asked for on a terminal. */
export interface Asked {
  do: 'create' | 'help' | 'version'
  /** The app's folder. */
  target?: string
  template?: Template
  /** A folder with packed packages. */
  packages?: string
}

/**
 * Parses the arguments after the program's name.
 *
 * @throws UsageError if they are not what the help describes
 */
export function parseCommandLine(args: readonly string[]): Asked {
  const { values, positionals } = parse(args)
  if (values.help) return { do: 'help' }
  if (values.version) return { do: 'version' }
  const [target, ...more] = positionals
  if (more.length > 0) {
    throw new UsageError(`One folder at a time: "${more[0]}" is one too many.`)
  }
  return {
    do: 'create',
    ...(target !== undefined && { target }),
    ...(values.template !== undefined && { template: asTemplate(values.template) }),
    ...(values.packages !== undefined && { packages: values.packages }),
  }
}

export const help = `Makes a chat app on Caughtup.

  npm create caughtup@latest FOLDER -- --template TEMPLATE

  FOLDER               where the app goes: a new or an empty folder, or . for this one
  --template TEMPLATE  one of
${Object.entries(templates)
  .map(([name, what]) => `                         ${name.padEnd(5)} ${what}`)
  .join('\n')}
  --packages PATH      take the @caughtup packages from the tarballs in this folder, which
                       go along into the app, and not from the registry
  --version, --help

On a terminal it asks for what is missing.
`

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        template: { type: 'string', short: 't' },
        packages: { type: 'string' },
        help: { type: 'boolean', short: 'h' },
        version: { type: 'boolean' },
      },
    })
  } catch (error) {
    // Of the sentences of parseArgs the first names what is wrong.
    const [reason = ''] = (error instanceof Error ? error.message : String(error)).split('. ')
    throw new UsageError(`${reason.replace(/\.$/, '')}. See --help.`)
  }
}
