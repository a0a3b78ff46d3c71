import { compilePolicy, type Policy } from './aws-policy.ts'

const allow = (actions: string | readonly string[]) => ({
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Action: actions, Resource: '*' }],
})

// Those that are short and have been the same for years. AWS has more than a thousand, and changes them.
const documents: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  AdministratorAccess: allow('*'),
  AWSDenyAll: { Version: '2012-10-17', Statement: [{ Effect: 'Deny', Action: '*', Resource: '*' }] },
  AmazonS3FullAccess: allow(['s3:*', 's3-object-lambda:*']),
  AmazonS3ReadOnlyAccess: allow([
    's3:Get*',
    's3:List*',
    's3:Describe*',
    's3-object-lambda:Get*',
    's3-object-lambda:List*',
  ]),
}

/** The names of AWS's own managed policies that are known here. */
export const managedByAws: readonly string[] = Object.keys(documents)

/**
 * A policy of AWS's own, by its ARN `arn:aws:iam::aws:policy/NAME`; undefined for one that is not known here.
 * @see https://docs.aws.amazon.com/aws-managed-policy/latest/reference/policy-list.html
 */
export function awsManagedPolicy(arn: string): Policy | undefined {
  const document = awsManagedDocument(arn)
  return document && compilePolicy(document, 'identity')
}

/** The same as AWS writes it. */
export function awsManagedDocument(arn: string): Readonly<Record<string, unknown>> | undefined {
  const name = /^arn:aws[a-z-]{0,16}:iam::aws:policy\/([A-Za-z0-9]+)$/.exec(arn)?.[1] ?? ''
  return Object.hasOwn(documents, name) ? documents[name] : undefined
}

/**
 * One of AWS's that is not known here, as a policy that allows nothing. Undefined for what is no ARN of AWS's, and for those
 * whose names say that they deny: without its statements such a policy would leave open what AWS closes.
 */
export function unknownAwsPolicy(arn: string): Policy | undefined {
  const name = /^arn:aws[a-z-]{0,16}:iam::aws:policy\/(?:[\w-]{1,64}\/)?([\w+=,.@-]{1,128})$/.exec(arn)?.[1]
  if (name === undefined || /deny|quarantine/i.test(name)) return undefined
  return { kind: 'identity', statements: [], unknown: arn }
}
