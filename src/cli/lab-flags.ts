import type { LabOptions } from '../lab/lab.ts'
import { type PlatformName, platformNames } from '../lab/platform.ts'
import { platforms } from '../lab/platforms.ts'
import { nearest } from '../wire/nearest.ts'
import { readFlags, usage } from './flags.ts'
import { table } from './output.ts'

export interface LabSetting {
  readonly command: readonly [string, ...string[]]
  readonly trust: string
  readonly services: readonly (readonly [string, string])[]
  readonly options: Omit<LabOptions, 'trust'>
}

const rows = platforms.map((each) => [each.name, each.summary])

export const labUsage = `mayfly lab [--trust trust.yaml] [--platform P] [FLAGS] -- COMMAND…

  --trust FILE            who is trusted, as for \`mayfly sts\`; default: trust.yaml
  --platform P            where the command is made to believe that it runs; default: none
  --role ARN              the workload's role; \`none\` for an ECS task without one. Default: the only one that fits
  --service-account MAIL  the workload's service account on Compute Engine
  --claim NAME=VALUE      who the job or pod is, as for \`mayfly issue\`; again for another
  --audience A            of its tokens; again for another
  --id-token NAME=AUD     a token of a GitLab job, by its variable; again for another
  --region R              default: eu-west-1
  --service HOST=URL      leads a host name to a server in the box, for whoever has credentials that hold
  --absent refuse|drop    what becomes of connections to addresses that the platform does not have; default: refuse

${table(rows, '  ')}
The command sees the clouds' own host names and link-local addresses, answered by a token service that decides by the
trust file, with certificates that every client takes. Nothing else can be reached from it, and nothing leaves the
machine. It has the caller's environment without what belongs to a cloud or a CI platform (AWS_*, GOOGLE_*, GITHUB_*,
CI_*, …) and without proxies: what it needs of that it gets behind \`--\`, by \`env NAME=VALUE COMMAND\`.
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
  const { role, region, 'service-account': serviceAccount } = values
  return {
    command: [program, ...rest],
    trust: values.trust,
    services: values.service.map((each) => pair('--service', each)),
    options: {
      platform: oneOf('--platform', values.platform, platformNames),
      absent: oneOf('--absent', values.absent, ['refuse', 'drop']),
      claims: Object.fromEntries(values.claim.map((each) => pair('--claim', each))),
      audience: values.audience,
      idTokens: grouped(values['id-token'].map((each) => pair('--id-token', each))),
      ...(role !== undefined && { role }),
      ...(region !== undefined && { region }),
      ...(serviceAccount !== undefined && { serviceAccount }),
    },
  }
}

const several = { type: 'string', multiple: true, default: [] as string[] } as const
const flags = {
  trust: { type: 'string', default: 'trust.yaml' },
  platform: { type: 'string', default: 'none' satisfies PlatformName },
  role: { type: 'string' },
  'service-account': { type: 'string' },
  claim: several,
  audience: several,
  'id-token': several,
  region: { type: 'string' },
  service: several,
  absent: { type: 'string', default: 'refuse' },
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

/** The same variable twice is one token for both audiences. */
function grouped(pairs: readonly (readonly [string, string])[]): Record<string, string[]> {
  const groups: Record<string, string[]> = {}
  for (const [name, value] of pairs) groups[name] = [...(groups[name] ?? []), value]
  return groups
}
