// A registry address in a lock file, an .npmrc or a workflow ties every checkout to the machine it
// came from.
import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'

const files = execFileSync('git', ['ls-files', '-z', '-co', '--exclude-standard'], {
  encoding: 'utf8',
})
  .split('\0')
  .filter((file) =>
    /(^|\/)(\.npmrc|pnpm-lock\.yaml|pnpm-workspace\.yaml|\.github\/workflows\/.*)$/.test(file),
  )
  .filter((file) => existsSync(file))

const found = files.flatMap((file) =>
  readFileSync(file, 'utf8')
    .split('\n')
    .flatMap((line, index) =>
      /registry\s*[=:]|_auth|\btarball:|https?:\/\//i.test(line)
        ? [`${file}:${index + 1}: ${line.trim()}`]
        : [],
    ),
)

if (found.length > 0) {
  console.error(`Registry addresses or credentials in committed files:\n  ${found.join('\n  ')}`)
  process.exitCode = 1
} else {
  console.log(`No registry address in ${files.join(', ')}.`)
}
