import { basename, resolve } from 'node:path'
import { MayflyError } from '../errors.ts'
import type { OwnIssuer } from '../issuer/discovery.ts'
import { type ShapeName, shapes } from '../issuer/index.ts'
import { claimsOf, type IssueOptions, issueToken } from '../issuer/issuer.ts'
import type { Shape } from '../issuer/shape.ts'
import { type Said, statedClaims } from '../issuer/stated-claims.ts'
import { defaultKeyFile } from '../keys/key-file.ts'
import { keysFromFile } from '../keys/key-ring.ts'
import { readTrustFile } from '../registry/trust-file.ts'
import { parseDuration } from '../wire/duration.ts'
import { nearest } from '../wire/nearest.ts'
import type { Command, Io } from './command.ts'
import { exitCodes } from './command.ts'
import { readFlags, usage } from './flags.ts'
import { issueAwsKey } from './issue-aws-key.ts'
import { issueAwsMfa } from './issue-aws-mfa.ts'
import { table } from './output.ts'
import { clockOf } from './world.ts'

export const issue: Command = {
  summary: 'a token of one of our issuers, shaped as a platform shapes its own',
  usage: `mayfly issue SHAPE [NAME=VALUE …] [--audience A] [--lifetime 5m] [--claims]
mayfly issue aws-key USER [--account ID] [--format json|profile|env]
mayfly issue aws-mfa USER [--account ID] [--code]

  --config FILE    the trust file that registers our issuers; default: trust.yaml
  --issuer URL     which issuer, where several have this shape
  --audience A     \`aud\`; again for another; default: the platform's own
  --lifetime 5m    until \`exp\`; default: as the platform does
  --keys FILE      the signing keys; default: .mayfly/keys.json beside the trust file, as for \`mayfly sts\`
  --claims         print the claims and sign nothing

aws-key prints the permanent access key of a user of the trust file, with its secret. The secret is kept nowhere: it
follows from the key file and the access key ID that the trust file has. Take the ID out, and the key is none.
aws-mfa prints in the same way what an authenticator app takes to be a user's MFA device, or with --code what it shows.

Every SHAPE, and what can be said of its tokens:

${shapes.map(inputsText).join('\n')}
Any other NAME is a claim: its VALUE takes the place of the platform's, and \`null\` leaves it out.
+NAME is a claim whatever its name: +ref=x changes the claim ref and nothing that follows from it.
`,
  async run(args, io) {
    if (args[0] === 'aws-key') return issueAwsKey(args.slice(1), io)
    if (args[0] === 'aws-mfa') return issueAwsMfa(args.slice(1), io)
    const { keyFile, claimsOnly, options } = await read(args, io)
    if (claimsOnly) io.out(`${JSON.stringify(claimsOf(options), null, 2)}\n`)
    else
      io.out(`${issueToken({ ...options, keys: keysFromFile(keyFile, [options.issuer]) }).token.reveal()}\n`)
    return exitCodes.ok
  },
}

function inputsText({ name, inputs }: Shape): string {
  return `${name}\n${table(
    Object.entries(inputs).map(([input, what]) => [input, what]),
    '  ',
  )}`
}

interface Wanted {
  readonly keyFile: string
  readonly claimsOnly: boolean
  readonly options: Omit<IssueOptions, 'keys'>
}

async function read(args: readonly string[], io: Io): Promise<Wanted> {
  const { values, positionals } = readFlags('issue', args, {
    config: { type: 'string', default: 'trust.yaml' },
    issuer: { type: 'string' },
    audience: { type: 'string', multiple: true, default: [] },
    lifetime: { type: 'string' },
    keys: { type: 'string' },
    claims: { type: 'boolean', default: false },
  })
  const shape = shapeOf(positionals[0])
  const said = positionals.slice(1).map(pair)
  const config = resolve(io.cwd, values.config)
  const issuer = issuerOf((await readTrustFile(config)).issuers, shape, config, values.issuer)
  const lifetime = values.lifetime === undefined ? {} : { lifetimeSeconds: lifetimeOf(values.lifetime) }
  const stated = statedClaims(shape, said, { issuer, nowMs: clockOf(io).now(), ...lifetime })
  return {
    keyFile: values.keys === undefined ? defaultKeyFile(config) : resolve(io.cwd, values.keys),
    claimsOnly: values.claims,
    options: { ...stated, audience: [...values.audience, ...(stated.audience ?? [])] },
  }
}

function shapeOf(name: string | undefined): Shape & { readonly name: ShapeName } {
  const names = shapes.map((each) => each.name)
  const found = shapes.find((each) => each.name === name)
  if (found) return found
  if (name === undefined)
    throw usage('issue', `as what? One of ${names.join(', ')}, aws-key, aws-mfa is missing`)
  const meant = nearest(name, [...names, 'aws-key', 'aws-mfa'])
  throw usage(
    'issue',
    `there is no shape "${name}"${meant ? `; did you mean ${meant}?` : ''}`,
    `There are: ${names.join(', ')}, aws-key, aws-mfa.`,
  )
}

function pair(text: string): Said {
  const at = text.indexOf('=')
  if (at < 1) throw usage('issue', `"${text}" is not NAME=VALUE`)
  return { name: text.slice(0, at), value: text.slice(at + 1) }
}

function lifetimeOf(text: string): number {
  try {
    return parseDuration(text)
  } catch (error) {
    throw usage('issue', `--lifetime: ${(error as Error).message}`)
  }
}

function issuerOf(
  issuers: readonly OwnIssuer[],
  { name }: { readonly name: ShapeName },
  config: string,
  url?: string,
): OwnIssuer {
  const fitting = issuers.filter((each) => each.shape === name && (url === undefined || each.url === url))
  const [only, ...more] = fitting
  if (only && more.length === 0) return only
  const file = basename(config)
  if (only) {
    const urls = fitting.map((each) => each.url).join(', ')
    throw usage(
      'issue',
      `${file} has ${fitting.length} issuers of the shape ${name}: ${urls}`,
      'Choose one with --issuer.',
    )
  }
  const others = issuers.map((each) => `${each.url} (${each.shape})`).join(', ')
  throw new MayflyError('REGISTRY_DOCUMENT', {
    message: `${file} has no issuer ${url ? `${url} ` : ''}of the shape ${name}; it has ${others || 'none at all'}`,
    hint: `Register it under \`issuers:\` in ${config}, with \`url:\` and \`shape: ${name}\`.`,
  })
}
