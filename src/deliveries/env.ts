import type { Credential } from '../credential.ts'
import { MayflyError } from '../errors.ts'
import { otherAwsIdentities, regionFor, regionRows } from './aws-environment.ts'
import { expiryText } from './carried.ts'
import type { Change, Delivery } from './delivery.ts'

const asked = 'Asked for with the `env` delivery, for programs that know no other way. Nothing can renew it.'

/** The credential itself as variables. @throws DELIVERY_KIND for an ID token, for which no client has a variable */
export function envEnvironment(credential: Credential, region?: string): Change[] {
  if (credential.kind === 'id-token')
    throw new MayflyError('DELIVERY_KIND', { message: 'no client reads an ID token from a variable' })
  if (credential.kind === 'access-token')
    return [
      {
        variable: 'CLOUDSDK_AUTH_ACCESS_TOKEN',
        action: 'set',
        value: credential.token,
        reason: `gcloud. ${asked}`,
      },
      {
        variable: 'GOOGLE_OAUTH_ACCESS_TOKEN',
        action: 'set',
        value: credential.token,
        reason: `The Terraform provider for Google Cloud. ${asked}`,
      },
    ]
  const { accessKeyId, secretAccessKey, sessionToken, expiresAtMs } = credential
  const values = {
    AWS_ACCESS_KEY_ID: accessKeyId,
    AWS_SECRET_ACCESS_KEY: secretAccessKey,
    ...(sessionToken && { AWS_SESSION_TOKEN: sessionToken }),
    AWS_CREDENTIAL_EXPIRATION: expiryText(expiresAtMs),
  }
  return [
    ...otherAwsIdentities.filter((each) => !(each.variable in values)),
    ...Object.entries(values).map(
      ([variable, value]): Change => ({ variable, action: 'set', value, reason: `Every AWS SDK. ${asked}` }),
    ),
    ...regionRows(region),
  ]
}

export const env: Delivery = {
  name: 'env',
  carries: ['aws', 'access-token'],
  async deliver({ lease, plan, world }) {
    const credential = await lease.get()
    const exchanged = credential.kind === 'aws' ? credential.region : undefined
    const changes = envEnvironment(credential, regionFor(plan.region, world.env, exchanged))
    world.log(
      `"${plan.name}" is delivered in environment variables, which cannot be renewed: it stops working at ${expiryText(credential.expiresAtMs)}`,
    )
    return { changes, close: async () => {} }
  },
}
