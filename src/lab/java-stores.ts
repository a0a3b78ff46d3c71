import { hash, X509Certificate } from 'node:crypto'
import { existsSync, readdirSync, realpathSync } from 'node:fs'
import { delimiter, dirname, join } from 'node:path'
import type { Environment } from '../world.ts'
import { type Furniture, labFolder } from './furniture.ts'

// What every JDK's own store has, and every program takes for granted.
const password = 'changeit'

/**
 * The authority in the place of the certificates of every JDK that is found, which read none of the system's: so that
 * no option is needed and no "Picked up JAVA_TOOL_OPTIONS" is printed.
 */
export function javaStores(ca: string, env: Environment): Furniture[] {
  const over = javaHomes(env).flatMap((home) =>
    ['lib', 'jre/lib'].map((lib) => join(home, lib, 'security/cacerts')),
  )
  const found = new Set(over.filter((each) => existsSync(each)).map((each) => realpathSync(each)))
  if (found.size === 0) return []
  return [
    { path: `${labFolder}/cacerts`, content: trustStore(new X509Certificate(ca).raw), over: [...found] },
  ]
}

const installed = '/usr/lib/jvm'

function javaHomes({ JAVA_HOME, PATH = '/usr/local/bin:/usr/bin:/bin' }: Environment): string[] {
  const programs = PATH.split(delimiter).map((folder) => join(folder, 'java'))
  const program = programs.find((each) => existsSync(each))
  return [
    ...(JAVA_HOME ? [JAVA_HOME] : []),
    ...(existsSync(installed) ? readdirSync(installed).map((each) => join(installed, each)) : []),
    ...(program ? [dirname(dirname(realpathSync(program)))] : []),
  ]
}

/** A store of Java's first format, JKS, with one trusted certificate: sun.security.provider.JavaKeyStore, version 2. */
export function trustStore(certificate: Uint8Array): Uint8Array {
  const trustedCertificate = 2
  const body = Buffer.concat([
    Buffer.from('feedfeed', 'hex'),
    integer(2),
    integer(1),
    integer(trustedCertificate),
    text('mayfly-lab'),
    Buffer.alloc(8), // when it was put there: nobody asks
    text('X.509'),
    integer(certificate.length),
    certificate,
  ])
  const salted = Buffer.concat([
    Buffer.from(password, 'utf16le').swap16(),
    Buffer.from('Mighty Aphrodite'),
    body,
  ])
  return Buffer.concat([body, hash('sha1', salted, 'buffer')])
}

function integer(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(value)
  return bytes
}

function text(value: string): Buffer {
  const length = Buffer.alloc(2)
  length.writeUInt16BE(value.length)
  return Buffer.concat([length, Buffer.from(value)])
}
