import { awsRegions, type Described, type Platform } from '../lab/platform.ts'
import { platforms } from '../lab/platforms.ts'
import { usage } from './flags.ts'
import { namedValue } from './named-value.ts'

/** The flags that describe a workload. */
export interface LabWorkloadFlags {
  readonly role?: string
  readonly 'service-account'?: string
  readonly region?: string
  readonly claim: readonly string[]
  readonly audience: readonly string[]
  readonly 'id-token': readonly string[]
}

/**
 * Who the workload is and where, as far as something was said.
 * @throws COMMAND_USAGE for what says nothing to this platform, or nothing at all
 */
export function labWorkload(flags: LabWorkloadFlags, platform: Platform): Partial<Described> {
  refuseUnheard(flags, platform)
  const { role, region, 'service-account': serviceAccount } = flags
  return {
    claims: claimsOf(flags.claim),
    audience: flags.audience,
    idTokens: grouped(flags['id-token'].map(idTokenOf)),
    ...(role !== undefined && { role }),
    ...(region !== undefined && { region: regionOf(region, platform) }),
    ...(serviceAccount !== undefined && { serviceAccount }),
  }
}

const members = {
  role: 'role',
  'service-account': 'serviceAccount',
  region: 'region',
  claim: 'claims',
  audience: 'audience',
  'id-token': 'idTokens',
} as const satisfies Record<keyof LabWorkloadFlags, keyof Described>

/** Somebody has forgotten the platform, or means another one. */
function refuseUnheard(flags: LabWorkloadFlags, { name, takes }: Platform): void {
  const said = Object.entries(members).filter(([flag]) => flags[flag as keyof typeof members]?.length)
  const [flag, member] = said.find(([, each]) => !takes.includes(each)) ?? []
  if (!member) return
  const heard = platforms.filter((each) => each.takes.includes(member)).map((each) => each.name)
  throw usage(
    'lab',
    `--${flag} says nothing to --platform ${name}, where no workload has one`,
    `It is for ${heard.join(', ')}. Name another platform, or leave it out.`,
  )
}

function regionOf(text: string, { regions = awsRegions }: Platform): string {
  if (regions.form.test(text)) return text
  const name = text.toLowerCase()
  // A zone is its region and a letter: eu-west-1a, europe-west1-b.
  const meant = [name, name.replace(/-?[a-z]$/, '')].find((each) => regions.form.test(each))
  throw usage(
    'lab',
    `--region "${text}" is no region's name, as ${regions.usual} is one${meant ? `; did you mean ${meant}?` : ''}`,
  )
}

function claimsOf(flags: readonly string[]): Described['claims'] {
  const claims = flags.map((each) => namedValue('lab', '--claim', each))
  const names = claims.map(([name]) => name)
  const twice = names.find((each, i) => names.indexOf(each) < i)
  if (twice !== undefined) throw usage('lab', `--claim ${twice}= stands there twice`)
  if (names.some((each) => ['aud', 'audience'].includes(each)))
    throw usage('lab', 'an audience is no claim here', 'Write --audience A, or --id-token NAME=A.')
  return Object.fromEntries(claims)
}

function idTokenOf(text: string): [string, string] {
  const [name, audience] = namedValue('lab', '--id-token', text)
  if (/^[A-Za-z_]\w*$/.test(name) && name !== 'PATH' && name !== 'HOME') return [name, audience]
  throw usage('lab', `--id-token "${text}": ${name} is not the name of a variable that a token can be in`)
}

/** The same variable twice is one token for both audiences. */
function grouped(pairs: readonly (readonly [string, string])[]): Record<string, string[]> {
  const groups = new Map<string, string[]>()
  for (const [name, value] of pairs) groups.set(name, [...(groups.get(name) ?? []), value])
  return Object.fromEntries(groups)
}
