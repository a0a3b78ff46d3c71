import { constraints } from './constraints.ts'
import { type AwsOperation, mintedAs } from './operation.ts'
import { checkParameters } from './parameters.ts'

const { accessKeyId } = constraints

/** @see https://docs.aws.amazon.com/STS/latest/APIReference/API_GetAccessKeyInfo.html */
export const getAccessKeyInfo: AwsOperation = {
  parse(parameters, request) {
    checkParameters(parameters, [accessKeyId])
    return { kind: 'GetAccessKeyInfo', signed: request, accessKeyId: parameters.get(accessKeyId.name)! }
  },
  answer: (minted) => ({ Account: mintedAs('key-account', minted).grant.account }),
}
