import type { SpawnSyncReturns } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { type ErrorCode, MayflyError } from '../errors.ts'

type Trial = Pick<SpawnSyncReturns<string>, 'error' | 'stderr'>

/** Why a box could not be made, by what was said when it was tried and by what the kernel tells of itself. */
export function boxDenied(trial: Trial, readSetting: ReadSetting = kernelSetting): MayflyError {
  const said = trial.error?.message ?? trial.stderr.trim()
  const reasons = [notLinux, noTool, noUserNamespaces, appArmor, container]
  const found = reasons.map((each) => each(said, trial, readSetting)).find((each) => each !== undefined)
  const { code, message, hint } = found ?? unknown
  return new MayflyError(code, { message: said ? `${message} (${said.split('\n')[0]})` : message, hint })
}

/** What a kernel setting says, by its path below /proc/sys; undefined where there is none. */
export type ReadSetting = (path: string) => string | undefined

interface Reason {
  readonly code: ErrorCode
  readonly message: string
  readonly hint: string
}

type Look = (said: string, trial: Trial, setting: ReadSetting) => Reason | undefined

const asRoot = 'run it as root (sudo)'
const inContainer =
  'in a container: docker run --cap-add SYS_ADMIN --cap-add NET_ADMIN --security-opt seccomp=unconfined --security-opt apparmor=unconfined; on GitLab, a runner with `privileged = true`'

const notLinux: Look = () =>
  process.platform === 'linux'
    ? undefined
    : {
        code: 'LAB_PLATFORM',
        message: `a box is made of Linux namespaces, and this is ${process.platform}`,
        hint: 'Run it on Linux, or in a Linux container.',
      }

const packages: Readonly<Record<string, string>> = {
  setpriv: 'util-linux',
  unshare: 'util-linux',
  ip: 'iproute2',
  mount: 'mount',
}

/** As Node, `setpriv` and the shell say it. */
const noTool: Look = (said) => {
  const [, ...found] =
    /spawn\w* (\w+) ENOENT|failed to execute (\w+): No such|\b(ip|mount): (?:command )?not found/.exec(
      said,
    ) ?? []
  const tool = found.find((each) => each !== undefined) ?? ''
  if (packages[tool] === undefined) return undefined
  return { code: 'LAB_TOOL', message: `there is no \`${tool}\` on PATH`, hint: `Install ${packages[tool]}.` }
}

const noUserNamespaces: Look = (_said, _trial, setting) => {
  const off = [
    ['kernel/unprivileged_userns_clone', '1'],
    ['user/max_user_namespaces', '15000'],
  ].find(([path]) => setting(path!) === '0')
  if (!off) return undefined
  const name = off[0]!.replaceAll('/', '.')
  return {
    code: 'LAB_DENIED',
    message: `this machine gives user namespaces to nobody but root: ${name} is 0`,
    hint: `Either ${asRoot}, or allow them: sudo sysctl -w ${name}=${off[1]}.`,
  }
}

const appArmor: Look = (_said, _trial, setting) =>
  setting('kernel/apparmor_restrict_unprivileged_userns') === '1'
    ? {
        code: 'LAB_DENIED',
        message: 'AppArmor takes the rights from user namespaces here, as in Ubuntu 24.04',
        hint: `Either ${asRoot}, or allow them: sudo sysctl -w kernel.apparmor_restrict_unprivileged_userns=0.`,
      }
    : undefined

const container: Look = (said) =>
  /operation not permitted|permission denied/i.test(said)
    ? {
        code: 'LAB_DENIED',
        message:
          'the kernel does not let this process make namespaces, as in a container without CAP_SYS_ADMIN',
        hint: `Outside a container, ${asRoot}; ${inContainer}.`,
      }
    : undefined

const unknown: Reason = {
  code: 'LAB_DENIED',
  message: 'a network, a mount and a process namespace could not be made',
  hint: `Outside a container, ${asRoot}; ${inContainer}.`,
}

function kernelSetting(path: string): string | undefined {
  try {
    return readFileSync(`/proc/sys/${path}`, 'utf8').trim()
  } catch {
    return undefined
  }
}
