import type { IssuerAlgorithm } from '../keys/signing.ts'

/** What a discovery document has to have where tokens are all that is published (OpenID Connect Discovery 1.0 §3). */
export function requiredMembers(algorithm: IssuerAlgorithm): Readonly<Record<string, unknown>> {
  return {
    response_types_supported: ['id_token'],
    subject_types_supported: ['public'],
    id_token_signing_alg_values_supported: [algorithm],
  }
}
