import { invalid, membersOf, type Parameters } from '../../wire/aws-parameters.ts'
import { constraints } from './constraints.ts'
import { type AwsOperation, mintedAs, unknownOperation } from './operation.ts'
import { checkParameters } from './parameters.ts'
import { tagParameters } from './session-parameters.ts'

const { audience, signingAlgorithm, tokenSeconds, scope, subjectMode, tags } = constraints
const wanted = [audience, tokenSeconds, signingAlgorithm, scope, subjectMode, tags]
const defaultSeconds = 300

/**
 * AWS as an issuer for other services. Regional endpoints alone have it.
 * @see https://docs.aws.amazon.com/STS/latest/APIReference/API_GetWebIdentityToken.html
 */
export const getWebIdentityToken: AwsOperation = {
  parse(parameters, request) {
    if (request.host === 'sts.amazonaws.com') throw unknownOperation('GetWebIdentityToken', '2011-06-15')
    checkParameters(parameters, wanted)
    checkSubject(parameters)
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

/**
 * Of whom the token is: of the caller. No session here has the context that would name somebody else, and a scope AWS
 * takes for those alone.
 */
function checkSubject(parameters: Parameters): void {
  const ofOrigin = parameters.get(subjectMode.name) === 'OriginIdentity'
  if (ofOrigin)
    throw invalid('The calling session has no trusted identity propagation context with a subject.')
  if (parameters.has(scope.name))
    throw invalid('Scope can be specified only when SubjectMode is OriginIdentity.')
}
