import type { Revealed } from '../deliveries/revealed.ts'
import { type Variant, variantOf } from '../lease.ts'
import type { Command, Io } from './command.ts'
import { readFlags, usage } from './flags.ts'
import { type FormatName, formats } from './formats.ts'

export interface Wanted {
  readonly name: string
  readonly variant: Variant
  readonly file?: string
}

export const get: Command = {
  summary: 'one credential now, on standard output',
  usage: `mayfly get NAME|aws|google [--format FORMAT] [--config FILE] [--scopes A,B] [--audience A]

  --format FORMAT  ${Object.keys(formats).join(', ')}; default: json
  --config FILE    mayfly.yaml, or the JSON that gcloud wrote; default: what is found here
  --scopes A,B     an access token with these scopes in place of the configured ones
  --audience A     an ID token for this audience

Below a \`mayfly run\` the credential comes from its memory; else it is obtained once.
`,
  async run(args, io) {
    const { format, wanted } = read(args)
    const inside = io.env.MAYFLY_AGENT && wanted.file === undefined
    const from = inside ? await import('./ask-agent.ts') : await import('./obtain-once.ts')
    const credential = await from.obtain(wanted, io)
    if (credential.kind === 'aws') refuseVariant(wanted)
    io.out(formats[format](credential))
    return 0
  },
}

function refuseVariant({ name, variant }: Wanted): void {
  const [asked] = Object.keys(variant)
  if (asked) throw usage('get', `"${name}" gives AWS credentials, and those have no ${asked}`)
}

/** Where a credential for `mayfly get` comes from. */
export type Obtain = (wanted: Wanted, io: Io) => Promise<Revealed>

function read(args: readonly string[]): { readonly format: FormatName; readonly wanted: Wanted } {
  const { values, positionals } = readFlags('get', args, {
    format: { type: 'string', default: 'json' },
    config: { type: 'string' },
    scopes: { type: 'string' },
    audience: { type: 'string' },
  })
  const [name, ...more] = positionals
  if (name === undefined) throw usage('get', 'which credential? Its name is missing')
  if (more.length > 0) throw usage('get', `one credential at a time: "${more[0]}" is one too many`)
  const { format, config: file, scopes, audience } = values
  if (!(format! in formats))
    throw usage('get', `there is no format "${format}"`, `There are: ${Object.keys(formats).join(', ')}.`)
  const variant = variantOf(scopes, audience)
  return { format: format as FormatName, wanted: { name, variant, ...(file !== undefined && { file }) } }
}
