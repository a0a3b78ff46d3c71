import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { OwnIssuer } from '../../src/issuer/discovery.ts'
import type { Environment } from '../../src/world.ts'
import { type Cloud, startCloud, storiesTrust } from '../fakes/cloud.ts'
import { serveCloudProxy } from '../fakes/cloud-proxy.ts'

/** Every shape by both algorithms; URLs with a path, as of GitHub Enterprise Server, and with a slash at its end. */
export const ownIssuers = [
  { url: 'https://gitlab.com', shape: 'gitlab', algorithm: 'RS256' },
  { url: 'https://gitlab.acme.example', shape: 'gitlab', algorithm: 'ES256' },
  { url: 'https://token.actions.githubusercontent.com', shape: 'github', algorithm: 'RS256' },
  { url: 'https://github.acme.example/_services/token', shape: 'github', algorithm: 'ES256' },
  { url: 'https://kubernetes.example', shape: 'kubernetes', algorithm: 'RS256' },
  { url: 'https://kubernetes.acme.example/c1/', shape: 'kubernetes', algorithm: 'ES256' },
] as const satisfies readonly OwnIssuer[]

export interface OwnIssuers {
  readonly cloud: Cloud
  /** The certificate authority, PEM. */
  readonly caFile: string
  readonly proxy: { readonly port: number }
  /** What leads a program to our issuers, whatever it is written in. */
  readonly env: Environment
  close(): Promise<void>
}

/** Our token service, to which the issuers' own host names lead over HTTPS, for whoever verifies their tokens. */
export async function serveOwnIssuers(): Promise<OwnIssuers> {
  const cloud = await startCloud({ trust: { ...(await storiesTrust()), issuers: ownIssuers } })
  const urls = [
    ...ownIssuers.map(({ url }) => url),
    'https://accounts.google.com',
    'https://www.googleapis.com',
  ]
  const proxy = await serveCloudProxy(
    Object.fromEntries(urls.map((url) => [new URL(url).hostname, cloud.server.port])),
  )
  const caFile = join(cloud.home, 'issuers-ca.pem')
  await writeFile(caFile, proxy.ca)
  const { PATH, HOME } = cloud.env
  return {
    cloud,
    caFile,
    proxy,
    env: { PATH, HOME, HTTPS_PROXY: proxy.url, SSL_CERT_FILE: caFile, NODE_EXTRA_CA_CERTS: caFile },
    async close() {
      await proxy.close()
      await cloud.close()
    },
  }
}
