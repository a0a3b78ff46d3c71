import type { Change } from './delivery.ts'

// Loopback, and the link-local addresses where the platforms' own metadata lives.
const direct = [
  '127.0.0.1',
  'localhost',
  '::1',
  '169.254.169.254',
  '169.254.170.2',
  '169.254.170.23',
  'fd00:ec2::254',
  'fd00:ec2::23',
  'metadata.google.internal',
].join(',')

const reason =
  'With a proxy set, google-auth for Python and Node.js, botocore and MSAL send requests for loopback and link-local addresses, and the credentials in the answers, through it. Some programs read this spelling only, so both are set.'

/** What keeps a program from asking a loopback delivery through its HTTP proxy. */
export const aroundProxies: readonly Change[] = [
  { variable: 'NO_PROXY', action: 'append', value: direct, reason },
  { variable: 'no_proxy', action: 'append', value: direct, reason },
]
