import { madeUpUuid } from './made-up.ts'
import { requiredMembers } from './required-members.ts'
import type { Claims, Shape } from './shape.ts'

/**
 * A ServiceAccount's token, bound to a pod: what kubelet projects.
 * @see https://kubernetes.io/docs/reference/access-authn-authz/service-accounts-admin/ "Bound service account tokens"
 */
export const kubernetes = {
  name: 'kubernetes',
  inputs: {
    namespace: 'namespace; default',
    serviceaccount: 'name of the ServiceAccount; default',
    pod: 'name of the pod; SERVICEACCOUNT-0, and empty for a token that is bound to none',
    node: 'name of the node that the pod is on; node-1',
  },
  lifetimeSeconds: 3600,
  // The API server writes no `typ`.
  header: { typ: undefined },
  jwksPath: '/openid/v1/jwks',
  claims(inputs, { issuer, audience, issuedAt, lifetimeSeconds, id }) {
    const { namespace = 'default', serviceaccount = 'default' } = inputs
    const { pod = `${serviceaccount}-0`, node = 'node-1' } = inputs
    return {
      aud: audience.length ? audience : [issuer],
      exp: issuedAt + lifetimeSeconds,
      iat: issuedAt,
      iss: issuer,
      jti: id,
      'kubernetes.io': {
        namespace,
        ...(pod && {
          node: named(node, `node ${node}`),
          pod: named(pod, `pod ${namespace} ${pod}`),
        }),
        serviceaccount: named(serviceaccount, `serviceaccount ${namespace} ${serviceaccount}`),
      },
      nbf: issuedAt,
      sub: `system:serviceaccount:${namespace}:${serviceaccount}`,
    }
  },
  discovery: (_issuer, algorithm) => requiredMembers(algorithm),
} as const satisfies Shape

function named(name: string, unique: string): Claims {
  return { name, uid: madeUpUuid(unique) }
}
