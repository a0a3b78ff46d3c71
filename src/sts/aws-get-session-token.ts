import { constraints } from './aws-constraints.ts'
import { type AwsOperation, credentialsOf, mintedAs } from './aws-operation.ts'
import { checkParameters } from './aws-parameters.ts'
import { mfaParameters } from './aws-session-parameters.ts'

const { userSeconds, serialNumber, tokenCode } = constraints
/** Twelve hours. */
export const defaultUserSeconds = 43_200

/** @see https://docs.aws.amazon.com/STS/latest/APIReference/API_GetSessionToken.html */
export const getSessionToken: AwsOperation = {
  parse(parameters, request) {
    checkParameters(parameters, [userSeconds, serialNumber, tokenCode])
    return {
      kind: 'GetSessionToken',
      signed: request,
      durationSeconds: Number(parameters.get(userSeconds.name) ?? defaultUserSeconds),
      ...mfaParameters(parameters),
    }
  },
  answer: (minted, write) => ({ Credentials: credentialsOf(mintedAs('aws-session', minted), write) }),
}
