import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { MayflyError } from '../errors.ts'
import { enterBox, inBox, wasPassedOn } from '../lab/box.ts'
import { fileDescriptor, messageDescriptor } from '../lab/box-script.ts'
import { withoutCloudVariables } from '../lab/caller-environment.ts'
import { labClock, writeLabTime } from '../lab/clock.ts'
import { labFolder } from '../lab/furniture.ts'
import { type Lab, openLab } from '../lab/lab.ts'
import { hideLogins } from '../lab/logins.ts'
import { workloadCommand } from '../lab/workload-command.ts'
import type { TrustDocument } from '../registry/documents.ts'
import { readTrustFile } from '../registry/trust-file.ts'
import type { Environment } from '../world.ts'
import type { Command, Io } from './command.ts'
import { type LabSetting, labUsage, readLabFlags } from './lab-flags.ts'
import { labHomes } from './lab-homes.ts'
import { openTrace, traceTo } from './lab-trace.ts'
import { paint } from './output.ts'
import { ownCommand } from './reaper.ts'
import { refusalText } from './refusal-text.ts'
import { endBy, forwardSignals } from './signals.ts'
import { findCommand, start } from './start.ts'

// What the command that is started in the box has, to know that it is in there.
const inside = 'MAYFLY_LAB_INSIDE'
const clockFile = `${labFolder}/clock`

export const lab: Command = {
  summary: 'a cloud in a box: the clouds’ own names and addresses, for one command',
  usage: labUsage,
  async run(args, io) {
    const setting = readLabFlags(args)
    return io.env[inside] === undefined ? outside(setting, args, io) : within(setting, io)
  },
}

/** What is read outside of the box and said to it: paths need not lead to the same in there. */
interface Handed {
  readonly trust: TrustDocument
  /** `labHomes`. */
  readonly homes: readonly string[]
}

/** Finds out what can be known beforehand, and starts this command again in a box. */
async function outside(
  { command, trust, trace }: LabSetting,
  args: readonly string[],
  io: Io,
): Promise<number> {
  findCommand(command[0], io.env)
  const homes = labHomes(io.env)
  const handed: Handed = { trust: await readTrustFile(resolve(io.cwd, trust)), homes }
  const file = trace === undefined || trace === '-' ? undefined : openTrace(resolve(io.cwd, trace))
  const signals = forwardSignals()
  const env = {
    // Root can read in the box what any process there was started with.
    ...withoutCloudVariables(io.env),
    MAYFLY_TRACE: io.env.MAYFLY_TRACE,
    // In a lab within a lab these are of the outer one, and not in the inner one's box.
    NODE_EXTRA_CA_CERTS: undefined,
    [inside]: '1',
  }
  const box = enterBox([...ownCommand(), 'lab', ...args], {
    env,
    message: JSON.stringify(handed),
    ...(homes[0] !== undefined && { home: homes[0] }),
    ...(file !== undefined && { file }),
  })
  signals.to(box)
  const code = await box.ended
  signals.stop()
  return code
}

/** @throws LAB_OUTSIDE where nobody has opened a box around this process */
function handedOver(): Handed {
  try {
    if (inBox()) return JSON.parse(readFileSync(messageDescriptor, 'utf8')) as Handed
  } catch {
    // Said below.
  }
  throw new MayflyError('LAB_OUTSIDE', {
    message: `${inside} is set, and this process is in no box of its own`,
    hint: 'The variable is for `mayfly lab` to set: unset it elsewhere.',
  })
}

/** Opens the lab around the command. Whatever ends this process, the box ends with it. */
async function within(setting: LabSetting, io: Io): Promise<number> {
  const signals = forwardSignals({ passedOn: wasPassedOn })
  // What is put into the box is for every user in it. The command has its caller's.
  const umask = process.umask(0o022)
  const opened = await opening(setting, io)
  const env = { ...withoutCloudVariables(io.env), ...opened.env, ...moved(setting) }
  if (setting.verbose) io.err(report(setting, opened, io))
  process.umask(umask)
  const starting = start(workloadCommand(setting.command), env as Record<string, string>)
  process.umask(0o022)
  const { child, ended } = await starting
  signals.to(child)
  const ending = await ended
  signals.stop()
  return 'signal' in ending ? endBy(ending.signal) : ending.code
}

async function opening({ options, services, trace, time }: LabSetting, io: Io): Promise<Lab> {
  const { trust, homes } = handedOver()
  if (time) {
    const realMs = Date.now()
    writeLabTime(clockFile, { realMs, originMs: time.startsAt(realMs), speed: time.speed })
  }
  const opened = await openLab({
    ...options,
    trust,
    env: io.env,
    onRecord: (record) => record.decision === 'deny' && io.err(refusalText(io, record)),
    ...(time && { clock: labClock(clockFile) }),
    ...(trace !== undefined && { onTrace: traceTo(trace === '-' ? io.err : fileDescriptor, io) }),
  })
  hideLogins(homes)
  for (const [hosts, url] of services) opened.serve(hosts, url)
  return opened
}

function moved({ time }: LabSetting): Environment {
  return time ? { MAYFLY_LAB_CLOCK: clockFile } : {}
}

function report({ options, trust }: LabSetting, { env, sts }: Lab, io: Io): string {
  const { roles, serviceAccounts } = sts.registered().counts
  const head = `${paint(io, 'bold', options.platform)} as it is by ${trust}: ${roles} roles, ${serviceAccounts} service accounts\n`
  // Some of them are tokens: their names tell enough.
  return `${head}  ${Object.keys(env).sort().join(' ')}\n`
}
