const managers = ['npm', 'pnpm', 'yarn', 'bun'] as const

export type PackageManager = (typeof managers)[number]

/** Who started the program, by the `npm_config_user_agent` that package managers set; else npm. */
export function packageManager(userAgent: string | undefined): PackageManager {
  const name = userAgent?.split('/', 1)[0]
  return managers.find((one) => one === name) ?? 'npm'
}

/** How its user runs a script of an app. */
export function runScript(manager: PackageManager, script: string): string {
  return manager === 'npm' || manager === 'bun'
    ? `${manager} run ${script}`
    : `${manager} ${script}`
}
