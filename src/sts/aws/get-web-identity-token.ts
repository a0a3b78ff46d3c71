import { membersOf } from '../../wire/aws-parameters.ts'
import { constraints } from './constraints.ts'
import { type AwsOperation, mintedAs, unknownOperation } from './operation.ts'
import { checkParameters } from './parameters.ts'
import { tagParameters } from './session-parameters.ts'

const { audience, signingAlgorithm, tokenSeconds, tags } = constraints
const wanted = [audience, tokenSeconds, signingAlgorithm, tags]
const defaultSeconds = 300

/**
 * AWS as an issuer for other services. Regional endpoints alone have it.
 * @see https://docs.aws.amazon.com/STS/latest/APIReference/API_GetWebIdentityToken.html
 */
export const getWebIdentityToken: AwsOperation = {
  parse(parameters, request) {
    if (request.host === 'sts.amazonaws.com') throw unknownOperation('GetWebIdentityToken', '2011-06-15')
    checkParameters(parameters, wanted)
    return {
      kind: 'GetWebIdentityToken',
      signed: request,
      audiences: membersOf(parameters, audience.name).map((each) => each.get('')!),
      algorithm: parameters.get(signingAlgorithm.name) === 'RS256' ? 'RS256' : 'ES384',
      durationSeconds: Number(parameters.get(tokenSeconds.name) ?? defaultSeconds),
      ...tagParameters(parameters),
    }
  },
  answer(minted, { time }) {
    const { token, grant } = mintedAs('web-identity-token', minted)
    return { WebIdentityToken: token.reveal(), Expiration: time(grant.expiresAtMs) }
  },
}
