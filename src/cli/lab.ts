import { resolve } from 'node:path'
import { enterBox } from '../lab/box.ts'
import { withoutCloudVariables } from '../lab/caller-environment.ts'
import { openLab } from '../lab/lab.ts'
import { workloadCommand } from '../lab/workload-command.ts'
import { readTrustFile } from '../registry/trust-file.ts'
import type { Command, Io } from './command.ts'
import { type LabSetting, labUsage, readLabFlags } from './lab-flags.ts'
import { ownCommand } from './reaper.ts'
import { refusalText } from './refusal-text.ts'
import { endBy, forwardSignals } from './signals.ts'
import { findCommand, start } from './start.ts'

// What the command that is started in the box has, to know that it is in there.
const inside = 'MAYFLY_LAB_INSIDE'

export const lab: Command = {
  summary: 'a cloud in a box: the clouds’ own names and addresses, for one command',
  usage: labUsage,
  async run(args, io) {
    const setting = readLabFlags(args)
    return io.env[inside] === undefined ? outside(setting, args, io) : within(setting, io)
  },
}

/** Finds out what can be known beforehand, and starts this command again in a box. */
async function outside({ command }: LabSetting, args: readonly string[], io: Io): Promise<number> {
  findCommand(command[0], io.env)
  const signals = forwardSignals()
  const box = enterBox([...ownCommand(), 'lab', ...args], { env: { ...io.env, [inside]: '1' } })
  signals.to(box)
  const code = await box.ended
  signals.stop()
  return code
}

/** Opens the lab around the command. Whatever ends this process, the box ends with it. */
async function within(setting: LabSetting, io: Io): Promise<number> {
  const signals = forwardSignals()
  const opened = await openLab({
    ...setting.options,
    trust: await readTrustFile(resolve(io.cwd, setting.trust)),
    onRecord: (record) => record.decision === 'deny' && io.err(refusalText(io, record)),
  })
  for (const [hosts, url] of setting.services) opened.serve(hosts, url)
  const env = { ...withoutCloudVariables(io.env), ...opened.env }
  const { child, ended } = await start(workloadCommand(setting.command), env as Record<string, string>)
  signals.to(child)
  const ending = await ended
  signals.stop()
  return 'signal' in ending ? endBy(ending.signal) : ending.code
}
