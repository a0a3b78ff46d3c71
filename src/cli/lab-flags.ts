import type { LabOptions } from '../lab/lab.ts'
import { type PlatformName, platformNames } from '../lab/platform.ts'
import { platforms } from '../lab/platforms.ts'
import { parseDuration } from '../wire/duration.ts'
import { nearest } from '../wire/nearest.ts'
import { readRfc3339 } from '../wire/rfc3339.ts'
import { readFlags, usage } from './flags.ts'
import { table } from './output.ts'

export interface LabSetting {
  readonly command: readonly [string, ...string[]]
  readonly trust: string
  readonly services: readonly (readonly [string, string])[]
  /** What time it is for the lab when the machine's is `nowMs`, and how fast it goes. Absent: it is the machine's. */
  readonly time?: { readonly startsAt: (nowMs: number) => number; readonly speed: number }
  readonly trace?: string
  readonly verbose: boolean
  readonly options: Omit<LabOptions, 'trust'>
}

const rows = platforms.map((each) => [each.name, each.summary])

export const labUsage = `mayfly lab [--trust trust.yaml] [--platform P] [FLAGS] -- COMMAND…

  --trust FILE            who is trusted; --config, as of \`mayfly sts\`, is the same. Default: trust.yaml
  --platform P            where the command is made to believe that it runs; default: none
  --role ARN              the workload's role; \`none\` for an ECS task without one. Default: the only one that fits
  --service-account MAIL  the workload's service account on Compute Engine
  --claim NAME=VALUE      who the job or pod is, as for \`mayfly issue\`; again for another
  --audience A            of its tokens; again for another
  --id-token NAME=AUD     a token of a GitLab job, by its variable; again for another
  --region R              default: eu-west-1, and europe-west1 on Compute Engine
  --service HOST=URL      leads a host name to a server in the box; one of the clouds' own for those alone whose credentials hold
  --absent refuse|drop    what becomes of connections to addresses that the platform does not have; default: refuse
  --at TIME               what time it is for the lab: 2026-12-24T18:00:00Z, +2h, or --at=-5m
  --speed N               how fast it goes: 60 is a minute a second
  --trace FILE            a line of JSON for every request, \`-\` on standard error; credentials left out
  --verbose               say what is played and which variables the command gets

${table(rows, '  ')}
The command sees the clouds' own host names and link-local addresses, answered by a token service that decides by the
trust file, with certificates that every client takes. Nothing else can be reached from it, and nothing leaves the
machine. It has the caller's environment without what belongs to a cloud or a CI platform (AWS_*, GOOGLE_*, GITHUB_*,
CI_*, …) and without proxies: what it needs of that it gets behind \`--\`, by \`env NAME=VALUE COMMAND\`.
What HOME has of the user's own logins (~/.aws/credentials and caches, gcloud's and Azure's folders) is hidden from it.
Time is moved for what is the lab's own and for \`mayfly\` in it; everybody else goes by the machine's.
Its exit code is the exit code, 128 + N when signal N ended it. Every refusal is explained on standard error.
Linux alone: as root, or where users may make namespaces.
`

/** @throws COMMAND_USAGE */
export function readLabFlags(args: readonly string[]): LabSetting {
  const at = args.indexOf('--')
  const own = at < 0 ? args : args.slice(0, at)
  const { values, positionals } = readFlags('lab', own, flags)
  const [program, ...rest] = args.slice(own.length + 1)
  if (positionals.length > 0)
    throw usage(
      'lab',
      `"${positionals[0]}" is neither a flag nor after \`--\``,
      'Write: mayfly lab FLAGS -- COMMAND',
    )
  if (program === undefined)
    throw usage('lab', 'there is no command to run', 'Write it after `--`: mayfly lab -- COMMAND')
  const { role, region, 'service-account': serviceAccount, trace, verbose } = values
  const platform = oneOf('--platform', values.platform, platformNames)
  if (platform === 'none') refuseIdentity(values)
  const time = timeOf(values.at, values.speed)
  return {
    command: [program, ...rest],
    trust: values.trust ?? values.config ?? 'trust.yaml',
    services: values.service.map(serviceOf),
    verbose,
    ...(trace !== undefined && { trace }),
    ...(time && { time }),
    options: {
      platform,
      absent: oneOf('--absent', values.absent, ['refuse', 'drop']),
      claims: Object.fromEntries(values.claim.map((each) => pair('--claim', each))),
      audience: values.audience,
      idTokens: grouped(values['id-token'].map(idTokenOf)),
      ...(role !== undefined && { role }),
      ...(region !== undefined && { region }),
      ...(serviceAccount !== undefined && { serviceAccount }),
    },
  }
}

const several = { type: 'string', multiple: true, default: [] as string[] } as const
const flags = {
  trust: { type: 'string' },
  config: { type: 'string' },
  platform: { type: 'string', default: 'none' satisfies PlatformName },
  role: { type: 'string' },
  'service-account': { type: 'string' },
  claim: several,
  audience: several,
  'id-token': several,
  region: { type: 'string' },
  service: several,
  absent: { type: 'string', default: 'refuse' },
  at: { type: 'string' },
  speed: { type: 'string' },
  trace: { type: 'string' },
  verbose: { type: 'boolean', default: false },
} as const

function oneOf<Name extends string>(flag: string, text: string, names: readonly Name[]): Name {
  const found = names.find((each) => each === text)
  if (found) return found
  const meant = nearest(text, names)
  const message = `${flag} "${text}" is none of ${names.join(', ')}${meant ? `; did you mean ${meant}?` : ''}`
  throw usage('lab', message)
}

function pair(flag: string, text: string): [string, string] {
  const at = text.indexOf('=')
  if (at < 1) throw usage('lab', `${flag} "${text}" is not NAME=VALUE`)
  return [text.slice(0, at), text.slice(at + 1)]
}

/** What says who a workload is, where nothing gives it an identity: somebody has forgotten the platform. */
function refuseIdentity(values: Readonly<Record<string, unknown>>): void {
  const said = ['role', 'service-account', 'claim', 'audience', 'id-token'].find(
    (name) => values[name] !== undefined && !(Array.isArray(values[name]) && values[name].length === 0),
  )
  if (said === undefined) return
  const names = platformNames.filter((each) => each !== 'none').join(', ')
  throw usage(
    'lab',
    `--${said} says who the workload is, and --platform none gives it no identity`,
    `Name a platform: ${names}.`,
  )
}

function idTokenOf(text: string): [string, string] {
  const [name, audience] = pair('--id-token', text)
  if (/^[A-Za-z_]\w*$/.test(name) && name !== 'PATH' && name !== 'HOME') return [name, audience]
  throw usage('lab', `--id-token "${text}": ${name} is not the name of a variable that a token can be in`)
}

function serviceOf(text: string): [string, string] {
  const [host, url] = pair('--service', text)
  if (URL.parse(url)?.protocol === 'http:') return [host, url]
  throw usage('lab', `--service "${text}" is not HOST=http://127.0.0.1:PORT`)
}

function timeOf(at: string | undefined, speed: string | undefined): LabSetting['time'] {
  if (at === undefined && speed === undefined) return undefined
  return { startsAt: startOf(at), speed: speedOf(speed ?? '1') }
}

function startOf(at = '+0'): (nowMs: number) => number {
  const [, sign, duration = ''] = /^([+-])(.+)$/.exec(at) ?? []
  if (at === '+0') return (nowMs) => nowMs
  if (sign) return (nowMs) => nowMs + Number(`${sign}1000`) * durationOf(duration)
  const ms = readRfc3339(at)
  if (ms === undefined)
    throw usage('lab', `--at "${at}" is no time: write 2026-12-24T18:00:00Z, +2h, or --at=-5m`)
  return () => ms
}

function durationOf(text: string): number {
  try {
    return parseDuration(text)
  } catch (error) {
    throw usage('lab', `--at: ${(error as Error).message}`)
  }
}

function speedOf(text: string): number {
  const speed = Number(text)
  if (speed > 0 && speed <= 1e6) return speed
  throw usage('lab', `--speed "${text}" is no number above 0, and at most 1000000`)
}

/** The same variable twice is one token for both audiences. */
function grouped(pairs: readonly (readonly [string, string])[]): Record<string, string[]> {
  const groups: Record<string, string[]> = {}
  for (const [name, value] of pairs) groups[name] = [...(groups[name] ?? []), value]
  return groups
}
