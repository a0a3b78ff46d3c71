import { MayflyError } from '../errors.ts'
import type { Step } from '../plan.ts'
import type { Proof, ProofKind } from '../proof.ts'
import { awsSts } from './aws-sts.ts'
import type { Exchange } from './exchange.ts'
import { googleSts } from './google-sts.ts'

/** Every exchange there is, one per kind of token service. */
export const exchanges: readonly Exchange[] = [awsSts, googleSts]

/**
 * The exchange that carries out a step. Besides its own failures, it refuses a kind of proof that it does not accept.
 * @throws CONFIG_UNSUPPORTED when there is none
 */
export function exchangeTo({ to }: Step): Exchange {
  const found = exchanges.find((each) => each.to === to)
  if (!found) throw new MayflyError('CONFIG_UNSUPPORTED', { message: `there is no exchange to ${to}` })
  return {
    ...found,
    async exchange(proof, step, variant, world, signal) {
      if (!found.accepts.includes(proof.kind)) throw wrongProof(found, proof)
      return found.exchange(proof, step, variant, world, signal)
    },
  }
}

const names: Readonly<Record<ProofKind, string>> = { jwt: 'a JWT', aws: 'AWS credentials' }

function wrongProof({ to, accepts }: Exchange, { kind }: Proof): MayflyError {
  const taken = accepts.map((each) => names[each]).join(' or ')
  return new MayflyError('EXCHANGE_PROOF', {
    message: `the exchange to ${to} takes ${taken}, and the source gave ${names[kind]}`,
    values: { to, accepts, kind },
  })
}
