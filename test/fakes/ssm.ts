import { Hono } from 'hono'
import type { AwsIdentity } from '../../src/sts/ask.ts'
import { type Bindings, type ServeOptions, serveApp, signable } from './serve.ts'
import { turnAway, type VerifyAws, type Visits } from './service.ts'

export interface SsmOptions extends ServeOptions {
  readonly verify: VerifyAws
  /** Of which the parameters are. */
  readonly region: string
}

/**
 * A small Parameter Store of Systems Manager: GetParameter of the parameters in the caller's account.
 * @see https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_GetParameter.html
 */
export async function serveSsm({ verify, region, ...place }: SsmOptions) {
  const visits: Visits<AwsIdentity> = { seen: [], turnedAway: [] }
  const parameters = new Map<string, string>()
  const app = new Hono<Bindings>()

  app.post('/', async (c) => {
    const request = await signable(c)
    const json = (body: object, status: 200 | 400) =>
      c.body(JSON.stringify(body), status, { 'content-type': 'application/x-amz-json-1.1' })
    const operation = c.req.header('x-amz-target') ?? ''
    try {
      const identity = await verify(request, 'ssm')
      const { Name = '' } = JSON.parse(Buffer.from(request.body).toString()) as { Name?: string }
      visits.seen.push({ identity, call: `${operation.replace('AmazonSSM.', '')} ${Name}` })
      if (operation !== 'AmazonSSM.GetParameter') return json({ __type: 'UnknownOperationException' }, 400)
      const value = parameters.get(Name)
      if (value === undefined) return json({ __type: 'ParameterNotFound' }, 400)
      const ARN = `arn:aws:ssm:${region}:${identity.account}:parameter${Name}`
      return json(
        { Parameter: { ARN, DataType: 'text', Name, Type: 'String', Value: value, Version: 1 } },
        200,
      )
    } catch (error) {
      return json(refusal(turnAway(visits, error).code), 400)
    }
  })
  return { ...(await serveApp(app, place)), ...visits, parameters }
}

/** The words that the services of the JSON protocol share, for what the verification said. */
function refusal(code: string): { readonly __type: string; readonly message: string } {
  switch (code) {
    case 'REQUEST_CREDENTIAL_EXPIRED':
      return {
        __type: 'ExpiredTokenException',
        message: 'The security token included in the request is expired',
      }
    case 'REQUEST_SIGNATURE':
      return {
        __type: 'InvalidSignatureException',
        message: 'The request signature we calculated does not match the signature you provided.',
      }
    default:
      return {
        __type: 'UnrecognizedClientException',
        message: 'The security token included in the request is invalid.',
      }
  }
}
