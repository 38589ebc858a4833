import type { RepoTools } from '../repository/repo-tools.ts'
import { approveCommand } from './approve.ts'
import type { Command } from './command.ts'
import { count } from './count.ts'
import { fail } from './fail.ts'
import { helpCommand } from './help.ts'
import { stall } from './stall.ts'
import { think } from './think.ts'
import { toolCommand } from './tool.ts'

export function createCommands(tools: RepoTools): Command[] {
  const commands = [count, think, toolCommand(tools), approveCommand(tools), fail, stall]
  return [...commands, helpCommand(commands)]
}
