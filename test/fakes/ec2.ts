import { randomUUID } from 'node:crypto'
import { Hono } from 'hono'
import type { AwsIdentity } from '../../src/sts/ask.ts'
import { type Bindings, type ServeOptions, serveApp, signable } from './serve.ts'
import { escapeXml, turnAway, type VerifyAws, type Visits } from './service.ts'

const namespace = 'http://ec2.amazonaws.com/doc/2016-11-15/'

/** A small EC2: DescribeInstances answers one running instance of the caller's own account. */
export async function serveEc2({ verify, ...place }: ServeOptions & { readonly verify: VerifyAws }) {
  const visits: Visits<AwsIdentity> = { seen: [], turnedAway: [] }
  const app = new Hono<Bindings>()

  app.post('/', async (c) => {
    const request = await signable(c)
    const action = new URLSearchParams(Buffer.from(request.body).toString()).get('Action') ?? ''
    const xml = (text: string, status: 200 | 400 | 401) =>
      c.body(text, status, { 'content-type': 'text/xml' })
    try {
      const identity = await verify(request, 'ec2')
      visits.seen.push({ identity, call: action })
      if (action === 'DescribeInstances') return xml(instancesOf(identity.account), 200)
      return xml(failure('InvalidAction', `The action ${action} is not valid for this web service.`), 400)
    } catch (error) {
      const { code } = turnAway(visits, error)
      if (code === 'REQUEST_EXPIRED' || code === 'REQUEST_CREDENTIAL_EXPIRED')
        return xml(failure('RequestExpired', 'Request has expired.'), 400)
      const words = 'AWS was not able to validate the provided access credentials'
      return xml(failure('AuthFailure', words), 401)
    }
  })
  return { ...(await serveApp(app, place)), ...visits }
}

function instancesOf(account: string): string {
  const state = '<instanceState><code>16</code><name>running</name></instanceState>'
  const tags = '<tagSet><item><key>Name</key><value>web</value></item></tagSet>'
  const instance = `<item><instanceId>i-0123456789abcdef0</instanceId>${state}${tags}</item>`
  const owner = `<reservationId>r-0123456789abcdef0</reservationId><ownerId>${account}</ownerId>`
  const reservations = `<reservationSet><item>${owner}<instancesSet>${instance}</instancesSet></item></reservationSet>`
  return `<DescribeInstancesResponse xmlns="${namespace}"><requestId>${randomUUID()}</requestId>${reservations}</DescribeInstancesResponse>`
}

function failure(code: string, message: string): string {
  const error = `<Error><Code>${code}</Code><Message>${escapeXml(message)}</Message></Error>`
  return `<Response><Errors>${error}</Errors><RequestID>${randomUUID()}</RequestID></Response>`
}
