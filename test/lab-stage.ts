import type { Described, PlatformName, Stage } from '../src/lab/platform.ts'
import { platformNamed } from '../src/lab/platforms.ts'
import type { TrustDocument } from '../src/registry/documents.ts'
import { trustSide } from './trust-side.ts'

/** A platform without its box: what it would give the workload, by a trust and in the test's time. */
export async function played(name: PlatformName, trust: TrustDocument, said: Partial<Described> = {}) {
  const workload = { region: 'eu-west-1', claims: {}, audience: [], idTokens: {}, ...said }
  const platform = platformNamed(name)
  const issuer = platform.issuer?.(workload, trust)
  const known = !issuer || trust.issuers.some(({ url }) => url === issuer.url)
  const document = known ? trust : { ...trust, issuers: [...trust.issuers, issuer] }
  const side = trustSide({ document })
  const stage: Stage = {
    workload,
    trust: document,
    sts: side.sts,
    clock: side.clock,
    ...(issuer && { issuer }),
  }
  return { site: await platform.open(stage), issuer, side }
}
