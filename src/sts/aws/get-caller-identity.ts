import { type AwsOperation, mintedAs } from './operation.ts'

/** @see https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html */
export const getCallerIdentity: AwsOperation = {
  parse: (_, request) => ({ kind: 'GetCallerIdentity', signed: request }),
  answer(minted) {
    const { userId, account, arn } = mintedAs('caller-identity', minted).grant.identity
    return { UserId: userId, Account: account, Arn: arn }
  },
}
