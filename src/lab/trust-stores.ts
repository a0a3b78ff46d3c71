import { readFileSync, realpathSync } from 'node:fs'
import type { Environment } from '../world.ts'
import { type Furniture, labFolder } from './furniture.ts'
import { javaStores } from './java-stores.ts'

const ownCa = `${labFolder}/ca.pem`
const bundle = `${labFolder}/ca-certificates.crt`

// Debian, Fedora and its kin, Alpine and OpenSSL's own, openSUSE.
const systemBundles = [
  '/etc/ssl/certs/ca-certificates.crt',
  '/etc/pki/tls/certs/ca-bundle.crt',
  '/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem',
  '/etc/ssl/cert.pem',
  '/etc/ssl/ca-bundle.pem',
]

/** The authority beside those that the system trusts already, in the system's own places and in Java's. */
export function trustStores(ca: string, env: Environment): readonly Furniture[] {
  const found = systemBundles.map(real).filter((each) => each !== undefined)
  const system = found[0] === undefined ? '' : readFileSync(found[0], 'utf8')
  return [
    { path: ownCa, content: ca, over: [] },
    { path: bundle, content: `${system}\n${ca}`, over: [...new Set(found)] },
    ...javaStores(ca, env),
  ]
}

function real(path: string): string | undefined {
  try {
    return realpathSync(path)
  } catch {
    return undefined
  }
}

// Which client reads which was tried: none of them reads another's.
const added = ['NODE_EXTRA_CA_CERTS', 'DENO_CERT']
const instead = [
  'AWS_CA_BUNDLE', // the AWS command line, botocore
  'REQUESTS_CA_BUNDLE', // Python's requests: google-auth
  'CURL_CA_BUNDLE',
  'SSL_CERT_FILE', // OpenSSL, Go, Rust, Ruby
  'NIX_SSL_CERT_FILE',
  'CLOUDSDK_CORE_CUSTOM_CA_CERTS_FILE', // gcloud, bq, gsutil
  'HTTPLIB2_CA_CERTS',
  'GRPC_DEFAULT_SSL_ROOTS_FILE_PATH',
  'GIT_SSL_CAINFO',
  'PIP_CERT',
  'CARGO_HTTP_CAINFO',
]

/** The variables by which clients find certificates elsewhere than the system has them. */
export const trustVariables: Environment = {
  ...Object.fromEntries(added.map((name) => [name, ownCa])),
  ...Object.fromEntries(instead.map((name) => [name, bundle])),
}
