/** What a failure means to an OAuth client, and what to do about it. No `wire`: it never leaves the process. */
export interface Remedy {
  /** What has happened, in general: the page of this code in docs/errors.md. */
  readonly means: string
  readonly hint: string
  readonly wire?:
    | 'invalid_request'
    | 'invalid_grant'
    | 'invalid_target'
    | 'invalid_client'
    | 'unauthorized_client'
    | 'access_denied'
    | 'temporarily_unavailable'
}

/** Every failure this project raises. A code is public API: add freely, never rename. */
export const remedies = {
  SOURCE_NONE: {
    means:
      'No platform that gives workloads an identity was seen here. Every source that was tried is listed with what it looked for.',
    hint: 'Run inside a platform that gives workloads an identity, or name a source with `from:` in mayfly.yaml.',
  },
  SOURCE_ABSENT: {
    means: 'The source that was named is not here.',
    hint: 'Run inside that platform, or name another source with `from:`.',
  },
  SOURCE_FAILED: {
    means: 'The platform is here, and it gave no proof. No other identity is tried in its place.',
    hint: 'The platform has an identity for this workload but did not hand it out: read its answer above.',
  },
  SOURCE_TASK_ROLE: {
    means: 'This is an ECS or Batch task without a task role; the task execution role does not count.',
    hint: 'Set taskRoleArn in the ECS task definition (jobRoleArn in AWS Batch). The task execution role is for the ECS agent and gives the program nothing.',
  },
  SOURCE_AUDIENCE: {
    means: "The platform's tokens are made out to other audiences than the one that the exchange needs.",
    hint: 'Declare a token with that audience: `id_tokens:` in .gitlab-ci.yml, the projected volume in Kubernetes.',
  },
  SOURCE_REGION: {
    means: 'An AWS region is needed, and nothing here names one.',
    hint: 'Set AWS_REGION, or `region:` in mayfly.yaml.',
  },

  PROOF_MALFORMED: {
    means: 'What was presented is not a proof that can be read.',
    wire: 'invalid_request',
    hint: 'Present a signed JWT (three base64url parts) or a signed AWS request, unaltered.',
  },
  PROOF_TOO_LARGE: {
    means: 'The token is larger than the vendor takes.',
    wire: 'invalid_request',
    hint: 'Present a smaller token: drop claims such as group lists.',
  },
  PROOF_ALGORITHM: {
    means:
      'The token is signed with an algorithm that is not accepted, or that does not fit the key: `none` and HMAC never are.',
    wire: 'invalid_grant',
    hint: 'Sign with RS256/384/512, PS256/384/512, ES256/384/512 or EdDSA.',
  },
  PROOF_KEY: {
    means: "The issuer's public key for this token could not be had, or the issuer has no key of that ID.",
    wire: 'invalid_grant',
    hint: 'Check that the issuer publishes the key that signed the token in its JWKS.',
  },
  PROOF_SIGNATURE: {
    means: 'The signature does not belong to this token and this issuer.',
    wire: 'invalid_grant',
    hint: 'The token was altered or signed by another key: fetch a fresh one from the issuer.',
  },
  PROOF_CLAIM: {
    means: 'The token lacks a claim, or has one of the wrong type.',
    wire: 'invalid_grant',
    hint: 'The issuer has to put that claim into the token.',
  },
  PROOF_ISSUER: {
    means: 'Nobody registered this issuer as a provider where it was looked for.',
    wire: 'invalid_grant',
    hint: 'Register the issuer as a provider, character for character as the token has it in `iss`.',
  },
  PROOF_DISCOVERY: {
    means:
      "The issuer's discovery document or its keys could not be fetched, or they are not what they have to be.",
    wire: 'invalid_grant',
    hint: "Check that the issuer's discovery document and JWKS can be fetched from here over HTTPS, and that its `issuer` is the same.",
  },
  PROOF_ACCOUNT: {
    means: 'The AWS request is signed by another account than the one that the provider is registered for.',
    wire: 'invalid_grant',
    hint: 'Register a provider for the AWS account that signed, or sign with credentials of the one that is registered.',
  },
  PROOF_AUDIENCE: {
    means: 'The token is made out to somebody else.',
    wire: 'invalid_grant',
    hint: 'Ask the platform for a token with an audience that the provider lists, or add this one to the provider.',
  },
  PROOF_EXPIRED: {
    means: 'The proof was good once; the message says by how much it is late and by whose clock.',
    wire: 'invalid_grant',
    hint: 'Fetch a fresh proof, and compare the clocks of both machines.',
  },
  PROOF_LIFETIME: {
    means: 'The token lives for longer than the vendor takes.',
    wire: 'invalid_grant',
    hint: 'Have the issuer sign tokens that live for at most 24 hours.',
  },
  PROOF_NOT_YET_VALID: {
    means: 'The proof is dated in the future.',
    wire: 'invalid_grant',
    hint: 'Compare the clocks of both machines.',
  },
  PROOF_REPLAYED: {
    means: 'The client assertion was used before. One that a client signs itself is good once.',
    wire: 'invalid_client',
    hint: 'Sign a new assertion, with a jti of its own, for every request.',
  },
  PROOF_BOUND: {
    means:
      'The token is bound to a key of its holder, and proofs of such keys (DPoP, mutual TLS) are not checked here.',
    wire: 'invalid_request',
    hint: 'Present a bearer token, without `cnf`.',
  },
  PROOF_REQUEST: {
    means:
      'A signed AWS request was presented as a proof, and it is not a plain `GetCallerIdentity` for this target.',
    wire: 'invalid_grant',
    hint: 'Sign a plain `POST https://sts.<region>.amazonaws.com/?Action=GetCallerIdentity&Version=2011-06-15` with the target in a signed x-goog-cloud-target-resource header.',
  },

  EXCHANGE_REFUSED: {
    means: 'The token service said no. The message has its own code and words, and what was presented.',
    hint: 'Compare what the proof says with the trust registered at that token service; `mayfly sts` explains its own refusals in its audit log.',
  },
  EXCHANGE_UNREACHABLE: {
    means: 'No answer came from the other side; the message says how long was waited for what.',
    hint: 'Check the network, the proxy variables and the endpoint.',
  },
  EXCHANGE_ANSWER: {
    means: 'An answer came that this protocol does not know.',
    hint: 'What answers at that endpoint does not speak this protocol: check the endpoint.',
  },
  EXCHANGE_CHAIN: {
    means: "A chain asks for a step that its predecessor's credential cannot prove anything to.",
    hint: 'In a chain, AWS credentials or an ID token can prove an identity to the next step; an access token cannot.',
  },
  EXCHANGE_ID_TOKEN: {
    means: 'An ID token was asked for, and a federated identity has none of its own.',
    hint: 'Name a service account to impersonate: Google makes ID tokens for those alone.',
  },
  EXCHANGE_PROOF: {
    means: 'The source gives another kind of proof than the exchange takes.',
    hint: 'Choose a source that gives the kind of proof that this exchange takes.',
  },

  LEASE_EXPIRED: {
    means: 'There is no live credential any more.',
    hint: 'The last credential has expired and renewing it keeps failing: the reason is in this message.',
  },
  LEASE_STOPPED: { means: 'The credential is no longer kept.', hint: 'Mayfly is shutting down.' },
  LEASE_VARIANTS: {
    means: 'One credential was asked for in too many forms.',
    hint: 'Too many different scopes or audiences were asked of one credential: ask for fewer.',
  },

  DELIVERY_REFUSED: {
    means: 'A request to a local endpoint did not come from the program that it is for.',
    hint: 'Only the program that Mayfly started may ask, from this machine, and not through a browser or a proxy.',
  },
  DELIVERY_KIND: {
    means: 'This protocol cannot carry this kind of credential.',
    hint: 'Choose a delivery that carries this kind of credential: `ecs`, `env` and `credential-process` for AWS, `gce` and `env` for Google.',
  },
  DELIVERY_AGENT: {
    means: 'The Mayfly that surrounds this program does not answer.',
    hint: 'The Mayfly that delivered this is gone: run the program under `mayfly run` again.',
  },

  CONFIG_ABSENT: {
    means: 'Nothing says which credential is wanted.',
    hint: 'Set GOOGLE_APPLICATION_CREDENTIALS, or AWS_ROLE_ARN, or write a mayfly.yaml.',
  },
  CONFIG_FILE: {
    means: 'A file that the configuration names cannot be read.',
    hint: 'Check the path and its permissions.',
  },
  CONFIG_SYNTAX: {
    means: 'A file is not the YAML, JSON or INI that it should be.',
    hint: 'Mend the syntax at the place that is named.',
  },
  CONFIG_FIELD: {
    means:
      'A field is missing, wrong or unknown; the message names the file, the place and what was expected.',
    hint: 'Mend the field that is named.',
  },
  CONFIG_TYPE: {
    means: 'The credential JSON is of a type that holds a stored key, or of none.',
    hint: 'The file must be the external_account JSON that `gcloud iam workload-identity-pools create-cred-config` writes.',
  },
  CONFIG_UNSUPPORTED: {
    means: 'The configuration asks for something that Mayfly does not do.',
    hint: 'Mayfly does not do this yet: name another source, exchange or delivery.',
  },

  COMMAND_USAGE: { means: 'The command line is wrong.', hint: 'Run `mayfly help`.' },
  COMMAND_OUTPUT: {
    means: 'Standard output could not be written, so what a command had to say is lost or cut short.',
    hint: 'Make room on the disk that it goes to, and run the command again.',
  },
  COMMAND_ABSENT: {
    means: 'The program to run does not exist (exit code 127).',
    hint: 'Check the spelling of the command after `--`, and PATH.',
  },
  COMMAND_DENIED: {
    means: 'The program to run may not be executed (exit code 126).',
    hint: 'Make the file executable (chmod +x).',
  },

  TRUST_PROVIDER: {
    means: 'No such provider is registered, or it is disabled.',
    wire: 'invalid_target',
    hint: 'Register the provider, or correct the name that was asked for.',
  },
  TRUST_ROLE: {
    means: 'No such role is registered. The wire does not tell this from a refusal, as AWS does not.',
    wire: 'access_denied',
    hint: 'Register the role, or correct its ARN.',
  },
  TRUST_DENIED: {
    means:
      'The trust policy or the bindings do not allow it. The explanation says which condition of which statement.',
    wire: 'access_denied',
    hint: 'Compare the presented values with the expected ones in the explanation.',
  },
  TRUST_SERVICE_ACCOUNT: {
    means: 'No such service account is registered. Google tells this from a refusal.',
    wire: 'access_denied',
    hint: 'Register the service account under `serviceAccounts:` of its project, or correct its e-mail address.',
  },
  TRUST_CONDITION: {
    means: "The provider's attribute condition is not true for this token.",
    wire: 'unauthorized_client',
    hint: 'Compare the presented claims with the attribute condition.',
  },
  TRUST_MAPPING: {
    means: "The provider's attribute mapping gives nothing usable for this token.",
    wire: 'invalid_grant',
    hint: 'Correct the attribute mapping, or have the issuer send the claim that it reads.',
  },
  TRUST_TENANT: {
    means: 'No such tenant of Entra is registered.',
    wire: 'invalid_request',
    hint: 'Register the tenant under `entra:`, or correct the ID in the URL (AZURE_TENANT_ID).',
  },
  TRUST_APPLICATION: {
    means: 'The tenant has no such application or managed identity.',
    wire: 'unauthorized_client',
    hint: 'Register it in its tenant under `entra:`, or correct the client ID (AZURE_CLIENT_ID).',
  },
  TRUST_CLIENT: {
    means: 'The client is not registered at the authorization server, or did not prove who it is.',
    wire: 'invalid_client',
    hint: 'Register it under `clients:` of its authorization server, with the issuer and subject of its assertions or with its public keys.',
  },
  TRUST_APP_ROLE: {
    means: 'The application may not make this call of Microsoft Graph.',
    wire: 'access_denied',
    hint: 'Add { resource: https://graph.microsoft.com, appRole: Application.ReadWrite.All } to its appRoleAssignments.',
  },
  TRUST_RESOURCE: {
    means: 'The tenant knows nothing by the name that the scope asks for.',
    wire: 'invalid_target',
    hint: 'Ask for what an application of the tenant has in identifierUris, or for an API of Azure itself.',
  },
  TRUST_DURATION: {
    means:
      'The session or token would last longer than the role, a chain of roles, or the service account may have.',
    wire: 'invalid_request',
    hint: "Ask for a shorter session, or raise the role's maximum.",
  },
  TRUST_CREDENTIAL: {
    means: 'The operation does not take this kind of credentials.',
    wire: 'access_denied',
    hint: "Sign with what the operation takes: GetSessionToken and GetFederationToken take a user's permanent key alone.",
  },
  TRUST_OUTBOUND: {
    means: 'The account does not let its identities have tokens for others.',
    wire: 'access_denied',
    hint: 'Set `outboundWebIdentityFederation: true` at the account in the trust file, or call EnableOutboundWebIdentityFederation.',
  },
  TRUST_SESSION_END: {
    means: 'The token would live longer than the session that asks for it.',
    wire: 'invalid_request',
    hint: 'Ask for a token that ends with the session, or assume the role anew.',
  },
  TRUST_SCOPES: {
    means: 'The access token that was presented does not have the scope that this call needs.',
    wire: 'access_denied',
    hint: 'Ask for the access token with the scope https://www.googleapis.com/auth/cloud-platform.',
  },
  TRUST_BOUNDARY: {
    means: 'The access token was downscoped, and its access boundary does not reach what was asked for.',
    wire: 'access_denied',
    hint: 'Ask with the token that it was made from. A downscoped one is for Cloud Storage alone, within its rules.',
  },
  TRUST_POLICY: {
    means: 'A policy document is not valid; the message names the place in it.',
    wire: 'invalid_request',
    hint: 'Correct the policy document at the place that is named.',
  },

  TRUST_INEXPRESSIBLE: {
    means:
      'A cloud has no words for a part of this rule, and a document without that part would let others in.',
    hint: 'Do what is said beside each part, or write the rule for another cloud with --as.',
  },

  REGISTRY_DOCUMENT: {
    means: 'A trust document is not valid; every problem is listed with its line.',
    hint: 'Mend the trust document at the place that is named.',
  },
  REGISTRY_DECLARED: {
    means: 'An admin call would change what the trust file says.',
    hint: 'Change it in the trust file, which is read again by itself; or take it out there and register it by the call.',
  },
  REGISTRY_ABSENT: {
    means: 'An admin call is about something that is not registered.',
    wire: 'invalid_request',
    hint: 'Register it first, or correct its name.',
  },
  REGISTRY_EXISTS: {
    means: 'An admin call would register something under a name that is taken.',
    wire: 'invalid_request',
    hint: 'Choose another name, or change what is there.',
  },
  REGISTRY_IN_USE: {
    means: 'An admin call would remove something that others still stand on.',
    wire: 'invalid_request',
    hint: 'Remove first what stands on it; the message names that.',
  },
  REGISTRY_UNATTACHABLE: {
    means: 'A policy that AWS keeps for the roles of its own services was to be attached to another role.',
    wire: 'invalid_request',
    hint: 'Attach a policy of your own, or one of AWS whose ARN does not begin with arn:aws:iam::aws:policy/aws-service-role/.',
  },
  REGISTRY_STATE: {
    means: 'An admin call would change something that is deleted, or undelete something that is not.',
    wire: 'invalid_request',
    hint: 'Ask for its state. What is deleted softly comes back by undelete, until its expireTime.',
  },
  REGISTRY_LIMIT: {
    means: 'An admin call would go beyond a quota of the vendor.',
    wire: 'invalid_request',
    hint: 'Stay within the quota: it is the same at the vendor.',
  },
  REGISTRY_SWITCH: {
    means: 'A feature of the account is on already, or off.',
    wire: 'invalid_request',
    hint: 'Ask for its state, and switch it only where that differs.',
  },
  REGISTRY_CONFLICT: {
    means: 'What was to be changed in the registry was changed by somebody else in the meantime.',
    hint: 'Read it again, and repeat the change on what is there now.',
  },
  REGISTRY_STORE: {
    means: 'The database of the registry could not be reached, read or written.',
    hint: 'Check that it is there, that this user may write to it, and that its disk has room.',
  },
  REGISTRY_REVOCATIONS: {
    means: 'A token cannot be revoked: no registry is kept, or too many revoked tokens have not expired yet.',
    hint: 'Run `mayfly sts` with a store, or wait until revoked tokens expire; a shorter life of access tokens keeps the list short.',
  },

  REQUEST_ACTION: {
    means: 'The operation is unknown here.',
    wire: 'invalid_request',
    hint: 'Ask for an operation that this token service has.',
  },
  REQUEST_RATE: {
    means:
      'The caller, its address, or the issuer of its token asked more often than the operator of this token service allows.',
    wire: 'temporarily_unavailable',
    hint: 'Ask again after a moment, and keep what was given out until shortly before its expiry; the operator raises the limit with --limit.',
  },
  REQUEST_PARAMETER: {
    means: 'A parameter is missing or outside what the vendor allows.',
    wire: 'invalid_request',
    hint: 'Correct the parameter that is named.',
  },
  REQUEST_INPUT: {
    means: 'A parameter has the right form and cannot be meant.',
    wire: 'invalid_request',
    hint: 'Correct the parameter that is named.',
  },
  REQUEST_MESSAGE: {
    means: 'The encoded authorization message cannot be read: altered, of another account, or expired.',
    wire: 'invalid_request',
    hint: 'Copy the whole message, without line breaks, and decode it within a day, as a caller of the account that was refused.',
  },
  REQUEST_MFA: {
    means: 'The code of an MFA device is wrong, was used before, or the device is not one of the caller.',
    wire: 'access_denied',
    hint: 'Register the device under mfaDevices of the user, and have `mayfly issue aws-mfa USER --code` show the code.',
  },
  REQUEST_TAGS: {
    means:
      'The session tags contradict each other or those that the calling session hands on, or one is reserved.',
    wire: 'invalid_request',
    hint: 'Give each tag key once, whatever its letter case, none that the calling session has as a transitive one, and none that begins with aws:.',
  },
  REQUEST_PACKED_SIZE: {
    means: 'Session policies and session tags take more room together than a session has.',
    wire: 'invalid_request',
    hint: 'Shorten the session policy, name managed policies by PolicyArns in its place, or pass fewer and shorter tags.',
  },
  REQUEST_TOKEN_SIZE: {
    means: 'The token that was asked for would be too large.',
    wire: 'invalid_request',
    hint: 'Pass fewer or shorter tags and audiences.',
  },
  REQUEST_CONTEXT: {
    means:
      'AssumeRole was passed a context assertion. AWS seals them for IAM Identity Center, and nothing here does.',
    wire: 'invalid_request',
    hint: 'Leave ProvidedContexts out.',
  },
  REQUEST_INCOMPLETE: {
    means: 'The request carries a signature of which a part is missing or cannot be read.',
    wire: 'invalid_request',
    hint: 'Sign with an AWS SDK: the signature lacks a part that Signature Version 4 needs, or has it in another form.',
  },
  REQUEST_UNSIGNED: {
    means: 'The operation needs a signed request.',
    wire: 'invalid_request',
    hint: 'Sign the request with AWS Signature Version 4.',
  },
  REQUEST_SIGNATURE: {
    means: 'The signature does not fit the request.',
    wire: 'invalid_request',
    hint: 'Check the secret key, the region, the service name and that nothing on the way alters the request.',
  },
  REQUEST_SCOPE: {
    means: "The signature's credential scope names another date, region or service than this one.",
    wire: 'invalid_request',
    hint: 'Sign for the service that is asked (`sts` or `iam`), and with the same date in the credential scope as in X-Amz-Date.',
  },
  REQUEST_CREDENTIAL: {
    means: 'The credential that signed, or the bearer token, is not one of this token service.',
    wire: 'invalid_grant',
    hint: "These credentials are not this token service's, or were revoked: obtain new ones.",
  },
  REQUEST_EXPIRED: {
    means: 'The credential or the signature has expired.',
    wire: 'invalid_grant',
    hint: 'Obtain new credentials, or sign anew; compare the clocks.',
  },
  REQUEST_NOT_YET_VALID: {
    means: 'The request is dated in the future.',
    wire: 'invalid_grant',
    hint: 'Compare the clocks of both machines.',
  },
  REQUEST_CREDENTIAL_EXPIRED: {
    means: 'The credential that signed, or the bearer token, has expired.',
    wire: 'invalid_grant',
    hint: 'Obtain new credentials.',
  },
  REQUEST_UNSUPPORTED: {
    means:
      "The request asks for something of the vendor's that is not built here; it is refused rather than left out.",
    wire: 'invalid_request',
    hint: 'Mayfly does not do this yet: leave the parameter out.',
  },

  LAB_PLATFORM: {
    means: 'A lab is made of Linux namespaces, and this is another system.',
    hint: 'Run it on Linux, or in a Linux container.',
  },
  LAB_TOOL: {
    means: 'A program that makes the box is not here: `unshare` of util-linux or `ip` of iproute2.',
    hint: 'Install util-linux and iproute2.',
  },
  LAB_DENIED: {
    means:
      'The kernel, or the container that this runs in, does not allow the namespaces that a box is made of.',
    hint: 'Run it as root, or give the container CAP_SYS_ADMIN and CAP_NET_ADMIN.',
  },
  LAB_OUTSIDE: {
    means: 'A lab was to be opened outside of a box, where it would change the machine itself.',
    hint: 'Start the program by `enterBox`, or with `mayfly lab -- COMMAND`.',
  },
  LAB_SETUP: {
    means: 'The box is there, and something could not be put into it.',
    hint: 'This is a fault in Mayfly, or a system that it does not know. Please report it with the message.',
  },
  LAB_ROLE: {
    means: 'The trust has no role that this platform could have, or several, and nobody said which.',
    hint: 'Name one with --role.',
  },

  AUDIT_WRITE: {
    means: 'The audit record could not be written, so no credential was given out and nothing was changed.',
    hint: "Auditing is required and the record could not be written: check the audit file's disk and permissions.",
  },
  AUDIT_ABSENT: {
    means: 'No record of that request is kept where it was looked for.',
    hint: 'Name the audit file of the token service with --audit FILE, or its trust file with --trust FILE.',
  },
  KEY_FILE: {
    means: "The file with the token service's keys cannot be used.",
    hint: 'Check the key file and its permissions (0600), or remove it to have new keys made.',
  },
  SERVER_ADDRESS: {
    means: 'The address cannot be listened on, or may not be.',
    hint: 'Choose a free port, or a loopback address; a public address needs --allow-public-address.',
  },
  SERVER_READY: {
    means:
      'Something that the token service stands on did not answer in time, so `/readyz` says that it is not ready.',
    hint: 'Look at what is named: the database of the registry, the key file, the disk of the audit.',
  },
} as const satisfies Record<string, Remedy>

export type ErrorCode = keyof typeof remedies

/** A value that an error may name. Never a secret. */
export type Values = Readonly<Record<string, string | number | readonly string[] | undefined>>

export interface ErrorDetail {
  /** What happened, in one sentence, with the values that matter. */
  readonly message: string
  /** The same values by name, for a front end that has to say them in a vendor's words. */
  readonly values?: Values
  readonly cause?: unknown
  /** What to do next, where it is more than the table's general hint. */
  readonly hint?: string
  /** Every attempt that failed before this was raised, in order. */
  readonly attempts?: readonly Attempt[]
  /** Whether the same attempt may succeed later: an outage, not a refusal. Default: false. */
  readonly transient?: boolean
}

/** One thing that was tried, and why it did not do. */
export interface Attempt {
  readonly what: string
  readonly why: string
}

/** The one error class: a stable code, one sentence, and the next step. */
export class MayflyError extends Error {
  readonly code: ErrorCode
  readonly hint: string
  readonly values: Values
  readonly attempts: readonly Attempt[]
  readonly transient: boolean

  constructor(code: ErrorCode, detail: ErrorDetail) {
    super(detail.message, detail.cause === undefined ? undefined : { cause: detail.cause })
    this.name = 'MayflyError'
    this.code = code
    this.hint = detail.hint ?? remedies[code].hint
    this.values = detail.values ?? {}
    this.attempts = detail.attempts ?? []
    this.transient = detail.transient ?? false
  }

  /** The same failure, told of one thing among several. */
  about(name: string): MayflyError {
    return new MayflyError(this.code, { ...this, message: `${name}: ${this.message}`, cause: this })
  }
}
