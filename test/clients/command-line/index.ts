import type { Toolchain } from '../client.ts'
import { clients } from './clients.ts'
import { installedTools, tools } from './tools.ts'

/** Command lines as the machine has them. Those that it lacks are named where its versions are told, and are no clients. */
export const commandLine: Toolchain = {
  language: 'command-line',
  async found() {
    const installed = installedTools()
    if (installed.size === 0) return undefined
    const missing = tools.filter((tool) => !installed.has(tool))
    const there = [...installed].map(([tool, version]) => `${tool} ${version}`).join(', ')
    return missing.length === 0 ? there : `${there}; not on PATH: ${missing.join(', ')}`
  },
  async prepare() {},
  clients,
}
