// Runs one case, given by the bench's name and the case's index, and prints its rows as JSON.
// `run-bench.ts` starts it, and a profiler can.
import { benches } from './benches.ts'
import { parseOptions } from './options.ts'

const { names, ...profile } = parseOptions(process.argv.slice(2))
const [name, index, folder] = names
const found = benches.find((bench) => bench.name === name)?.cases(profile)[Number(index)]
if (!found || folder === undefined) throw new Error(`${name} has no case ${index}`)
process.stdout.write(JSON.stringify(await found.measure(folder)))
