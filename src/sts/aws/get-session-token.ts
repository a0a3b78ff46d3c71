import { constraints } from './constraints.ts'
import { type AwsOperation, credentialsOf, mintedAs, tokenSizeOf } from './operation.ts'
import { checkParameters } from './parameters.ts'
import { mfaParameters, tokenSizeParameter } from './session-parameters.ts'

const { userSeconds, serialNumber, tokenCode, minimumTokenSize } = constraints
const wanted = [userSeconds, serialNumber, tokenCode, minimumTokenSize]
/** Twelve hours. */
export const defaultUserSeconds = 43_200

/** @see https://docs.aws.amazon.com/STS/latest/APIReference/API_GetSessionToken.html */
export const getSessionToken: AwsOperation = {
  parse(parameters, request) {
    checkParameters(parameters, wanted)
    return {
      kind: 'GetSessionToken',
      signed: request,
      durationSeconds: Number(parameters.get(userSeconds.name) ?? defaultUserSeconds),
      ...mfaParameters(parameters),
      ...tokenSizeParameter(parameters),
    }
  },
  answer(minted, write) {
    const made = mintedAs('aws-session', minted)
    return { Credentials: credentialsOf(made, write), SessionTokenSize: tokenSizeOf(made) }
  },
}
