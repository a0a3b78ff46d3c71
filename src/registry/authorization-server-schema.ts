import * as v from 'valibot'
import { exactly } from '../wire/schema-problems.ts'
import { checkReferences } from './authorization-server-references.ts'
import { reach } from './aws-schema.ts'
import { isPublicKeySet } from './public-key-set.ts'
import { isIssuerUrl, listOf, matching, textUpTo, unique } from './rules.ts'

// What an OAuth 2.0 authorization server is told. No vendor prints it, so that the words are those of the RFCs: metadata of
// RFC 7591 and RFC 8414, parameters of RFC 8693, resource indicators of RFC 8707.

const issuerUrl = v.pipe(
  v.string(),
  v.check(
    (url) => isIssuerUrl(url, { loopback: true, port: true, longest: 2000 }),
    'an https URL without query or fragment (http on loopback alone)',
  ),
)

/** Whose endpoints are there already. */
const taken = /^\/(?:v1|issuers(?:\/.*)?|.*\/oauth2\/v2\.0)\/?$/

const serverUrl = v.pipe(
  issuerUrl,
  v.check((url) => !url.endsWith('/'), 'a URL without a slash at its end, after which its endpoints follow'),
  v.check(
    (url) => !taken.test(URL.parse(url)?.pathname ?? ''),
    'another path: endpoints of Google, Entra or the issuers are there',
  ),
)

/** RFC 6749 §3.3: printable ASCII without the quote and the backslash. */
const scope = matching(
  /^[!#-[\]-~]{1,128}$/,
  'a scope of 1 to 128 printable characters without spaces and quotes',
)
const identifier = matching(/^[!-~]{1,255}$/, 'an audience of 1 to 255 printable characters without spaces')
const clientId = matching(/^[!-~]{1,128}$/, 'a client ID of 1 to 128 printable characters without spaces')
const expression = textUpTo(4096, 'a CEL expression')

const jwks = exactly({
  keys: v.pipe(
    v.array(v.record(v.string(), v.unknown())),
    v.rawCheck(({ dataset, addIssue }) => {
      // Told without the value: somebody may have pasted the private half.
      if (dataset.typed && !isPublicKeySet(dataset.value))
        addIssue({ message: 'expected public keys only, at least one' })
    }),
  ),
})

const lifetimeSeconds = v.pipe(
  v.number(),
  v.integer(),
  v.minValue(60, '60 seconds or more'),
  v.maxValue(86_400, 'at most 86400 seconds, a day'),
)

const accessTokens = exactly({
  format: v.optional(v.picklist(['jwt', 'opaque']), 'jwt'),
  lifetimeSeconds: v.optional(lifetimeSeconds, 900),
})

const provider = exactly({
  issuer: issuerUrl,
  audiences: v.exactOptional(v.pipe(v.array(identifier), v.minLength(1, 'at least one audience'))),
  jwks: v.exactOptional(jwks),
  reach,
})

const resource = exactly({
  identifier,
  scopes: listOf(scope),
  introspectionClients: v.exactOptional(v.array(clientId)),
})

const client = exactly({
  clientId,
  assertions: v.exactOptional(v.array(exactly({ issuer: issuerUrl, subject: textUpTo(1024, 'a subject') }))),
  jwks: v.exactOptional(jwks),
})

const rule = exactly({
  name: matching(/^[\w.-]{1,64}$/, 'a name of 1 to 64 letters, digits, _, . and -'),
  issuer: issuerUrl,
  condition: v.exactOptional(expression),
  subjectMapping: v.exactOptional(expression),
  clients: v.exactOptional(v.pipe(v.array(clientId), v.minLength(1, 'at least one client'))),
  actor: v.exactOptional(exactly({ issuer: issuerUrl, required: v.optional(v.boolean(), true) })),
  resources: v.pipe(
    v.array(exactly({ identifier, scopes: listOf(scope) })),
    v.minLength(1, 'at least one resource'),
    unique('the resource', (each) => each.identifier),
  ),
  lifetimeSeconds: v.exactOptional(lifetimeSeconds),
})

export const authorizationServer = v.pipe(
  exactly({
    issuer: serverUrl,
    algorithm: v.optional(v.picklist(['RS256', 'ES256']), 'RS256'),
    accessTokens: v.optional(accessTokens, {}),
    providers: v.optional(
      v.pipe(
        v.array(provider),
        unique('the provider', (each) => each.issuer),
      ),
      [],
    ),
    resources: v.optional(
      v.pipe(
        v.array(resource),
        unique('the resource', (each) => each.identifier),
      ),
      [],
    ),
    clients: v.optional(
      v.pipe(
        v.array(client),
        unique('the client', (each) => each.clientId),
      ),
      [],
    ),
    rules: v.optional(
      v.pipe(
        v.array(rule),
        unique('the rule', (each) => each.name),
      ),
      [],
    ),
  }),
  v.rawCheck(({ dataset, addIssue }) => {
    if (dataset.typed) checkReferences(dataset.value, (message, path) => addIssue({ message, path }))
  }),
)
