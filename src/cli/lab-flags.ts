import type { LabOptions } from '../lab/lab.ts'
import { type PlatformName, platformNames } from '../lab/platform.ts'
import { platformNamed, platforms } from '../lab/platforms.ts'
import { nearest } from '../wire/nearest.ts'
import { readFlags, usage } from './flags.ts'
import { labServices } from './lab-services.ts'
import { labTime, type MovedTime } from './lab-time.ts'
import { labWorkload } from './lab-workload.ts'
import { table } from './output.ts'

export interface LabSetting {
  readonly command: readonly [string, ...string[]]
  readonly trust: string
  readonly services: readonly (readonly [string, string])[]
  /** Absent: the machine's. */
  readonly time?: MovedTime
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
  --claim NAME=VALUE      who the job or pod is, as for \`mayfly issue\`; again for another; +NAME for a claim of your own
  --audience A            of its tokens; again for another
  --id-token NAME=AUD     a token of a GitLab job, by its variable; again for another
  --region R              default: eu-west-1, and europe-west1 on Compute Engine
  --service HOST=URL      leads a host name to a server in the box, http://127.0.0.1:PORT or a path there; again for another.
                          One of the clouds' own is for those alone whose credentials hold
  --absent refuse|drop    what becomes of connections to addresses that the platform does not have; default: refuse
  --at TIME               what time it is for the lab: 2026-12-24T18:00:00Z, +2h, or --at=-5m
  --speed N               how fast it goes: 60 is a minute a second
  --trace FILE            a line of JSON for every request, \`-\` on standard error; values are
                          left out but for those that are known to hold no credential
  --verbose               say what is played and which variables the command gets

${table(rows, '  ')}
The command sees the clouds' own host names and link-local addresses, answered by a token service that decides by the
trust file, with certificates that every client takes. Nothing else can be reached from it, and nothing leaves the
machine. It has the caller's environment without what belongs to a cloud or a CI platform (AWS_*, GOOGLE_*, GITHUB_*,
CI_*, …) and without proxies: what it needs of that it gets behind \`--\`, by \`env NAME=VALUE COMMAND\`.
What HOME has of the user's own logins (~/.aws/credentials and caches, gcloud's and Azure's folders) is hidden from it,
and what clients keep there in the lab goes with it.
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
  const { trace, verbose } = values
  const platform = oneOf('--platform', values.platform, platformNames)
  const time = labTime(values)
  return {
    command: [program, ...rest],
    trust: values.trust ?? values.config ?? 'trust.yaml',
    services: labServices(values.service),
    verbose,
    ...(trace !== undefined && { trace }),
    ...(time && { time }),
    options: {
      platform,
      absent: oneOf('--absent', values.absent, ['refuse', 'drop']),
      ...labWorkload(values, platformNamed(platform)),
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
