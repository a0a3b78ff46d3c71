import { MayflyError } from '../errors.ts'
import type { StsRequest } from '../sts/ask.ts'
import { entraHolder, verifyEntraBearer } from '../sts/entra/holder.ts'
import { principalName } from '../sts/google/access-token.ts'
import { verifyAccessToken, verifyAwsRequest } from '../sts/public.ts'
import { headerOf } from '../sts/request.ts'
import type { Sts } from '../sts/sts.ts'
import { readSignature, type SignableRequest } from '../wire/sigv4.ts'
import { hostName, type Vendor } from './hosts.ts'

/** A request to a service of a cloud, with its body as it came. */
export type ServiceRequest = Omit<StsRequest, 'body'> & { readonly body: Uint8Array }

/**
 * Who asks a service of a cloud, by the credentials in the request, as that service would see it: an ARN, a principal, an application.
 * @throws REQUEST_* for credentials that do not hold, or none
 */
export async function callerOf(vendor: Vendor, request: ServiceRequest, sts: Sts): Promise<string> {
  switch (vendor) {
    case 'aws':
      return awsCaller(request, sts)
    case 'google':
      return googleCaller(request, sts)
    case 'microsoft':
      return microsoftCaller(request, sts)
  }
}

function awsCaller(request: SignableRequest, { keys, now }: Sts): string {
  // Which service a host name stands for only that service knows; the scope says what the signature was made for.
  const { service } = readSignature(request)
  return verifyAwsRequest(request, { keys, service, nowMs: now() }).arn
}

/** For which of its services a token is good only that service knows. */
async function microsoftCaller(request: ServiceRequest, sts: Sts): Promise<string> {
  const { client } = entraHolder(await verifyEntraBearer(request, sts), sts.registered())
  return `${client.name} (${client.clientId})`
}

/** Of Google's services Cloud Storage alone takes downscoped tokens, and looks at their boundary by itself. */
function googleCaller(request: ServiceRequest, { keys, now }: Sts): string {
  const [scheme, token] = (headerOf(request, 'authorization') ?? '').split(' ')
  if (scheme?.toLowerCase() !== 'bearer' || !token)
    throw new MayflyError('REQUEST_UNSIGNED', { message: 'the request carries no access token' })
  const evaluatesBoundary = hostName(request.host) === 'storage.googleapis.com'
  return principalName(verifyAccessToken(token, { keys, nowMs: now(), evaluatesBoundary }))
}
