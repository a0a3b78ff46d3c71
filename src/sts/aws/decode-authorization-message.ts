import { constraints } from './constraints.ts'
import { type AwsOperation, mintedAs } from './operation.ts'
import { checkParameters } from './parameters.ts'

const { encodedMessage } = constraints

/** @see https://docs.aws.amazon.com/STS/latest/APIReference/API_DecodeAuthorizationMessage.html */
export const decodeAuthorizationMessage: AwsOperation = {
  parse(parameters, request) {
    checkParameters(parameters, [encodedMessage])
    return {
      kind: 'DecodeAuthorizationMessage',
      signed: request,
      encodedMessage: parameters.get(encodedMessage.name)!,
    }
  },
  answer: (minted) => ({ DecodedMessage: mintedAs('decoded-message', minted).message }),
}
