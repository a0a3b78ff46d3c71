import manifest from '../../package.json' with { type: 'json' }
import type { Command } from './command.ts'

export const version: Command = {
  summary: 'print the version',
  usage: 'mayfly version',
  async run(_args, io) {
    io.out(`mayfly ${manifest.version} (node ${process.versions.node})\n`)
    return 0
  },
}
