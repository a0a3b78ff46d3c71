import { getRequestListener } from '@hono/node-server'
import { MayflyError } from '../errors.ts'
import type { TrustDocument } from '../registry/documents.ts'
import { memoryStore } from '../registry/memory-store.ts'
import { type AuditRecord, createAudit } from '../sts/audit.ts'
import { type AdministeredSts, openSts } from '../sts/create.ts'
import { type Clock, type Environment, wallClock } from '../world.ts'
import { addressOf } from './addresses.ts'
import { inBox } from './box.ts'
import { certificateAuthority } from './certificates.ts'
import { type Absent, nameFiles, placeAddresses, placeFiles } from './furnish.ts'
import { gateway, type Plugged } from './gateway.ts'
import { keepFiles } from './keep-files.ts'
import { serveNames } from './names.ts'
import {
  awsRegions,
  type Described,
  type MetadataAddress,
  type Platform,
  type PlatformName,
  type Site,
} from './platform.ts'
import { platformNamed } from './platforms.ts'
import { type ServerOptions, serveAt, type Traced } from './servers.ts'
import { trustStores, trustVariables } from './trust-stores.ts'

export interface LabOptions extends Partial<Described> {
  readonly platform: PlatformName
  /** Who is trusted. The platform's own issuer is added where it is not there. */
  readonly trust: TrustDocument
  /** Of all that is the lab's own. Default: the machine's. */
  readonly clock?: Clock
  /** What becomes of connections to the addresses that this platform does not have. Default: refuse. */
  readonly absent?: Absent
  /** Where a JDK is looked for besides /usr/lib/jvm: JAVA_HOME and PATH. Default: nothing set. */
  readonly env?: Environment
  /** Every request that reached anything of the lab, when it was answered. */
  readonly onTrace?: (traced: Traced) => void
  /** Every decision of the token service. */
  readonly onRecord?: (record: AuditRecord) => void
}

export interface Lab {
  readonly sts: AdministeredSts
  /** What the platform sets for its workloads, and where clients find the lab's authority. */
  readonly env: Environment
  /** Leads a name of the clouds (`*` stands for one label) to a server in the box, for those whose credentials hold. */
  serve(hosts: string, url: string): void
  close(): Promise<void>
}

/**
 * The clouds and a platform, at their own names and addresses, in the box that this process is in.
 * @throws LAB_OUTSIDE when it is in none, LAB_SETUP
 * @throws LAB_ROLE, COMMAND_USAGE, REGISTRY_DOCUMENT for what the platform cannot play with
 */
export async function openLab(options: LabOptions): Promise<Lab> {
  if (!inBox()) throw outside()
  const { clock = wallClock, onTrace = () => {}, absent = 'refuse', env = {} } = options
  const platform = platformNamed(options.platform)
  const workload = described(options, platform)
  const issuer = platform.issuer?.(workload, options.trust)
  const trust = withIssuer(options.trust, issuer)
  const sts = await tokenService(trust, clock, options)
  const site = await platform.open({ workload, trust, sts, clock, ...(issuer && { issuer }) })

  const authority = certificateAuthority()
  const files = keepFiles(site.files ?? [], clock)
  placeFiles([...nameFiles(), ...trustStores(authority.cert, env)])
  placeAddresses(new Set(Object.keys(site.metadata ?? {}) as MetadataAddress[]), absent)

  const plugged: Plugged[] = []
  const server: ServerOptions = { clock, onTrace }
  const listener = gateway({ sts, hosts: site.hosts ?? {}, plugged: () => plugged })
  const running = await Promise.all([
    serveNames((name) => addressOf(name, { site, sts, plugged })),
    serveAt({ host: '127.0.0.1', port: 443, authority }, listener, server),
    serveAt({ host: '127.0.0.1', port: 80 }, listener, server),
    ...metadataServers(site, server),
  ])
  return {
    sts,
    env: { ...trustVariables, ...site.env },
    serve: (hosts, url) => void plugged.push({ hosts, url }),
    async close() {
      files.close()
      await Promise.all(running.map((each) => each.close()))
    },
  }
}

function metadataServers({ metadata = {} }: Site, options: ServerOptions) {
  return Object.entries(metadata).map(([host, app]) =>
    serveAt({ host, port: 80 }, getRequestListener(app.fetch), options),
  )
}

function described(options: LabOptions, platform: Platform): Described {
  const {
    region = (platform.regions ?? awsRegions).usual,
    role,
    serviceAccount,
    claims = {},
    audience = [],
    idTokens = {},
  } = options
  return {
    region,
    claims,
    audience,
    idTokens,
    ...(role !== undefined && { role }),
    ...(serviceAccount !== undefined && { serviceAccount }),
  }
}

function withIssuer(
  trust: TrustDocument,
  issuer: TrustDocument['issuers'][number] | undefined,
): TrustDocument {
  if (!issuer || trust.issuers.some((each) => each.url === issuer.url)) return trust
  return { ...trust, issuers: [...trust.issuers, issuer] }
}

function tokenService(
  document: TrustDocument,
  { now }: Clock,
  { onRecord }: Pick<LabOptions, 'onRecord'>,
): Promise<AdministeredSts> {
  return openSts({
    document,
    store: memoryStore(),
    // Nobody else can reach it, and nobody reads the trust file again.
    onError(error) {
      throw error
    },
    now,
    audit: createAudit({ sinks: onRecord ? [onRecord] : [], now }),
  })
}

function outside(): MayflyError {
  return new MayflyError('LAB_OUTSIDE', {
    message:
      'a lab changes the names and addresses of the machine that it is in, and this process is in no box',
  })
}
