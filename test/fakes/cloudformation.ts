import { randomUUID } from 'node:crypto'
import { Hono } from 'hono'
import type { AwsIdentity } from '../../src/sts/ask.ts'
import { type Bindings, type ServeOptions, serveApp, signable } from './serve.ts'
import { escapeXml, turnAway, type VerifyAws, type Visits } from './service.ts'

export interface CloudFormationOptions extends ServeOptions {
  readonly verify: VerifyAws
  /** Of which the stacks are. */
  readonly region: string
}

const namespace = 'http://cloudformation.amazonaws.com/doc/2010-05-15/'

/**
 * A small CloudFormation, what `cdk diff` reads of it: DescribeStacks and GetTemplate of the stacks in the caller's account.
 * @see https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/
 */
export async function serveCloudFormation({ verify, region, ...place }: CloudFormationOptions) {
  const visits: Visits<AwsIdentity> = { seen: [], turnedAway: [] }
  /** Templates by the name of the stack. */
  const stacks = new Map<string, string>()
  const app = new Hono<Bindings>()

  app.post('/', async (c) => {
    const request = await signable(c)
    const form = new URLSearchParams(Buffer.from(request.body).toString())
    const [action, name] = [form.get('Action') ?? '', form.get('StackName') ?? '']
    const xml = (text: string, status: 200 | 400 | 403) =>
      c.body(text, status, { 'content-type': 'text/xml' })
    let identity: AwsIdentity
    try {
      identity = await verify(request, 'cloudformation')
    } catch (error) {
      return xml(failure(...refusal(turnAway(visits, error).code)), 403)
    }
    visits.seen.push({ identity, call: `${action} ${name}` })
    const template = stacks.get(name)
    if (action !== 'DescribeStacks' && action !== 'GetTemplate')
      return xml(failure('InvalidAction', `Could not find operation ${action} for version 2010-05-15`), 400)
    if (template === undefined) return xml(failure('ValidationError', missing(action, name)), 400)
    const stackId = `arn:aws:cloudformation:${region}:${identity.account}:stack/${name}/${randomUUID()}`
    return xml(success(action, action === 'GetTemplate' ? templateOf(template) : stackOf(stackId, name)), 200)
  })
  return { ...(await serveApp(app, place)), ...visits, stacks }
}

const missing = (action: string, name: string) =>
  action === 'GetTemplate' ? `Stack ${name} does not exist` : `Stack with id ${name} does not exist`

function stackOf(stackId: string, name: string): string {
  const facts = `<StackId>${stackId}</StackId><StackName>${escapeXml(name)}</StackName>`
  const state = '<CreationTime>2026-11-01T00:00:00Z</CreationTime><StackStatus>CREATE_COMPLETE</StackStatus>'
  return `<Stacks><member>${facts}${state}<DisableRollback>false</DisableRollback><Tags/></member></Stacks>`
}

function templateOf(template: string): string {
  return `<TemplateBody>${escapeXml(template)}</TemplateBody><StagesAvailable><member>Original</member></StagesAvailable>`
}

function success(action: string, result: string): string {
  const metadata = `<ResponseMetadata><RequestId>${randomUUID()}</RequestId></ResponseMetadata>`
  return `<${action}Response xmlns="${namespace}"><${action}Result>${result}</${action}Result>${metadata}</${action}Response>`
}

function failure(code: string, message: string): string {
  const error = `<Error><Type>Sender</Type><Code>${code}</Code><Message>${escapeXml(message)}</Message></Error>`
  return `<ErrorResponse xmlns="${namespace}">${error}<RequestId>${randomUUID()}</RequestId></ErrorResponse>`
}

/** The words that the services of the Query protocol share, for what the verification said. */
function refusal(code: string): [code: string, message: string] {
  switch (code) {
    case 'REQUEST_CREDENTIAL_EXPIRED':
      return ['ExpiredToken', 'The security token included in the request is expired']
    case 'REQUEST_SIGNATURE':
      return [
        'SignatureDoesNotMatch',
        'The request signature we calculated does not match the signature you provided.',
      ]
    default:
      return ['InvalidClientTokenId', 'The security token included in the request is invalid.']
  }
}
