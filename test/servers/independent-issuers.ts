import { join } from 'node:path'
import type { Environment } from '../../src/world.ts'
import { type Prepared, prepare } from './prepare.ts'
import { start } from './start.ts'

/** A program that is an issuer and not ours. It makes a new key at every start. */
export interface IndependentIssuer {
  readonly name: string
  /** What its tokens say as `iss`; it listens elsewhere. */
  readonly url: string
  readonly prepared: Prepared
  readonly command: readonly string[]
  readonly tokenPath: string
  /** A client that is a machine; `sub` of its tokens is its ID. */
  readonly client: { readonly id: string; readonly secret: string }
  /** How a client names the audience of its token. */
  readonly asking: (audience: string) => Readonly<Record<string, string>>
}

const [provider, zitadel] = await Promise.all([prepare('oidc-provider'), prepare('zitadel')])

export const independentIssuers: readonly IndependentIssuer[] = [
  {
    name: 'oidc-provider (JavaScript, ES256)',
    url: 'https://oidc-provider.example',
    prepared: provider,
    command: [process.execPath, join(provider.folder, 'server.mjs')],
    tokenPath: '/token',
    client: { id: 'batch', secret: 'throw-away' },
    asking: (audience) => ({ resource: audience }),
  },
  {
    name: 'zitadel/oidc (Go, RS256)',
    url: 'https://zitadel.example',
    prepared: zitadel,
    command: [join(zitadel.folder, 'program')],
    tokenPath: '/oauth/token',
    client: { id: 'sid1', secret: 'verysecret' },
    asking: (audience) => ({ scope: `audience:${audience}` }),
  },
]

export interface RunningIssuer {
  readonly port: number
  /** By client credentials (RFC 6749 §4.4), as a machine has it. */
  token(audience: string): Promise<string>
  close(): Promise<void>
}

export async function startIssuer(issuer: IndependentIssuer, env: Environment): Promise<RunningIssuer> {
  const { command, url, tokenPath, client, asking } = issuer
  const { found, close } = await start({ command: [...command, url], env, ready: /listening on (http:\S+)/ })
  const authorization = `Basic ${Buffer.from(`${client.id}:${client.secret}`).toString('base64')}`
  return {
    port: Number(new URL(found).port),
    async token(audience) {
      const body = new URLSearchParams({ grant_type: 'client_credentials', ...asking(audience) })
      const answer = await fetch(found + tokenPath, { method: 'POST', headers: { authorization }, body })
      const { access_token: token } = (await answer.json()) as { access_token?: string }
      if (!token) throw new Error(`${url} answered ${answer.status} without a token`)
      return token
    },
    close,
  }
}
