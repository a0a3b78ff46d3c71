import { type Cloud, inexpressible, type Rendered, render, renderers } from '../sets/render.ts'
import type { RenderSetting, TokenRule } from '../sets/token-rule.ts'
import { printable } from '../wire/printable.ts'
import { exitCodes, type Io } from './command.ts'
import { readFlags, usage } from './flags.ts'
import { shellQuoted } from './formats.ts'
import { paint, table } from './output.ts'

/** Stand for what was not said. */
const someAccount = '000000000000'
const someProvider =
  'projects/000000000000/locations/global/workloadIdentityPools/my-pool/providers/my-provider'

/** Writes one rule as each cloud writes it. @returns the exit code */
export async function trustRender(args: readonly string[], io: Io): Promise<number> {
  const wanted = read(args)
  for (const each of standIns(wanted)) io.err(`note: ${each}\n`)
  if (wanted.as !== undefined) return one(wanted, wanted.as, io)
  const all = await everyCloud(wanted)
  io.out(wanted.json ? jsonOf(all) : textOf(all, io))
  return all.every(([, rendered]) => 'document' in rendered) ? exitCodes.ok : exitCodes.failed
}

function standIns({ as, setting }: Wanted): string[] {
  const aws = as === undefined || as === 'aws'
  const google = as === undefined || as === 'google' || as === 'gcloud'
  return [
    ...(aws && setting.account === someAccount
      ? [`${someAccount} stands for your AWS account: say --account ID`]
      : []),
    ...(google && setting.provider === someProvider
      ? ['my-pool and my-provider of the project 000000000000 stand for yours: say --provider NAME']
      : []),
  ]
}

const forms = ['aws', 'google', 'gcloud', 'entra'] as const
type Form = (typeof forms)[number]

interface Wanted {
  readonly rule: TokenRule
  readonly setting: RenderSetting
  readonly as?: Form
  readonly json: boolean
}

function read(args: readonly string[]): Wanted {
  const { values, positionals } = readFlags('trust', args, {
    issuer: { type: 'string' },
    subject: { type: 'string' },
    audience: { type: 'string' },
    claim: { type: 'string', multiple: true, default: [] },
    as: { type: 'string' },
    account: { type: 'string' },
    provider: { type: 'string' },
    json: { type: 'boolean', default: false },
  })
  if (positionals.length > 0)
    throw usage('trust', `mayfly trust render takes no ${JSON.stringify(positionals[0])}`)
  const { issuer, subject, audience, as, account = someAccount, provider = someProvider, json } = values
  if (as !== undefined && !isForm(as))
    throw usage('trust', `--as ${JSON.stringify(as)} is none of ${forms.join(', ')}`)
  const said = {
    issuer: text('issuer', issuer),
    subject: text('subject', subject),
    audience: text('audience', audience),
  }
  return {
    rule: { ...said, claims: claimsIn(values.claim) },
    setting: { account: accountIn(account), provider: providerIn(provider) },
    ...(as !== undefined && { as }),
    json,
  }
}

function isForm(name: string): name is Form {
  return (forms as readonly string[]).includes(name)
}

function text(name: string, value: string | undefined): string {
  if (value) return value
  throw usage('trust', `--${name} is missing`)
}

function claimsIn(pairs: readonly string[]): Record<string, string> {
  const claims = pairs.map((pair) => {
    const at = pair.indexOf('=')
    const name = pair.slice(0, at)
    if (at < 1 || at === pair.length - 1)
      throw usage('trust', `--claim ${JSON.stringify(pair)} is not NAME=VALUE`)
    if (own.includes(name))
      throw usage('trust', `${name} is no --claim`, 'Say --issuer, --subject and --audience.')
    return [name, pair.slice(at + 1)] as const
  })
  const twice = claims.find(([name], i) => claims.findIndex(([each]) => each === name) !== i)
  if (twice) throw usage('trust', `--claim ${twice[0]} is there twice, and a claim has one value`)
  return Object.fromEntries(claims)
}

const own: readonly string[] = ['iss', 'sub', 'aud', 'exp', 'iat', 'nbf', '__proto__']

function accountIn(account: string): string {
  if (/^\d{12}$/.test(account)) return account
  throw usage('trust', `--account ${JSON.stringify(account)} is not an AWS account: expected twelve digits`)
}

const providerForm =
  /^projects\/\d+\/locations\/global\/workloadIdentityPools\/[a-z0-9-]{4,32}\/providers\/[a-z0-9-]{4,32}$/

function providerIn(name: string): string {
  const provider = name.replace(/^(?:https:)?\/\/iam\.googleapis\.com\//, '')
  if (providerForm.test(provider)) return provider
  throw usage(
    'trust',
    `--provider ${JSON.stringify(name)} is not the name of a provider`,
    'It looks like projects/123456789012/locations/global/workloadIdentityPools/my-pool/providers/my-provider, with the number of the project.',
  )
}

/** One document, and nothing else on standard output. @throws TRUST_INEXPRESSIBLE */
async function one({ rule, setting }: Wanted, as: Form, io: Io): Promise<number> {
  const cloud = as === 'gcloud' ? 'google' : as
  const rendered = await render(cloud, rule, setting)
  if ('lacks' in rendered) throw inexpressible(cloud, rendered.lacks)
  const { document } = rendered
  io.out(
    as === 'gcloud'
      ? `${gcloudCommand(document as GoogleDocument)}\n`
      : `${JSON.stringify(document, null, 2)}\n`,
  )
  return exitCodes.ok
}

type Many = readonly (readonly [Cloud, Rendered])[]

async function everyCloud({ rule, setting }: Wanted): Promise<Many> {
  const many: [Cloud, Rendered][] = []
  for (const cloud of Object.keys(renderers) as Cloud[])
    many.push([cloud, await render(cloud, rule, setting)])
  return many
}

function jsonOf(all: Many): string {
  const each = all.map(([cloud, rendered]) => {
    const command =
      cloud === 'google' && 'document' in rendered && gcloudCommand(rendered.document as GoogleDocument)
    return [cloud, { ...rendered, ...(command && { gcloud: command }) }]
  })
  return `${JSON.stringify(Object.fromEntries(each), null, 2)}\n`
}

const heads: Readonly<Record<Cloud, string>> = {
  aws: 'AWS: aws iam create-role --role-name NAME --assume-role-policy-document file://trust-policy.json',
  google: 'Google Cloud: a provider of a workload identity pool',
  entra: 'Entra: az ad app federated-credential create --id APPLICATION --parameters @credential.json',
}

function textOf(all: Many, io: Io): string {
  const terminal = { fancy: io.fancyOut ?? false }
  return all
    .map(
      ([cloud, rendered]) =>
        `${paint(terminal, 'bold', `# ${heads[cloud]}`)}\n${bodyOf(cloud, rendered, terminal)}`,
    )
    .join('\n')
}

function bodyOf(cloud: Cloud, rendered: Rendered, terminal: Parameters<typeof paint>[0]): string {
  if ('lacks' in rendered) {
    const rows = rendered.lacks.map(({ what, why }) => [
      paint(terminal, 'red', `✗ ${printable(what)}`),
      printable(why),
    ])
    return `It cannot say all of this, and what it can say would let others in:\n${table(rows, '  ')}`
  }
  const text = `${JSON.stringify(rendered.document, null, 2)}\n`
  return cloud === 'google' ? `${gcloudCommand(rendered.document as GoogleDocument)}\n${text}` : text
}

interface GoogleDocument {
  readonly name: string
  readonly attributeMapping: Readonly<Record<string, string>>
  readonly attributeCondition: string
  readonly oidc: { readonly issuerUri: string; readonly allowedAudiences: readonly string[] }
}

/** The command that makes a provider. */
function gcloudCommand({ name, attributeMapping, attributeCondition, oidc }: GoogleDocument): string {
  const [, project = '', , , , pool = '', , id = ''] = name.split('/')
  // A comma ends an entry of gcloud's lists, unless another character is named for that.
  const list = (entry: string) => (entry.includes(',') ? `^;^${entry}` : entry)
  const flags: Readonly<Record<string, string>> = {
    project,
    location: 'global',
    'workload-identity-pool': pool,
    'issuer-uri': oidc.issuerUri,
    'allowed-audiences': oidc.allowedAudiences.map(list).join(','),
    'attribute-mapping': Object.entries(attributeMapping)
      .map((pair) => pair.join('='))
      .join(','),
    'attribute-condition': attributeCondition,
  }
  const words = Object.entries(flags).map(([flag, value]) => `--${flag}=${shellQuoted(value)}`)
  return ['gcloud iam workload-identity-pools providers create-oidc', id, ...words].join(' ')
}
