import assert from 'node:assert/strict'
import { X509Certificate } from 'node:crypto'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
import { connect, createServer } from 'node:tls'
import { certificateAuthority } from './certificates.ts'

test('a certificate holds for the names that it was issued for, by its authority and by no other', async (t) => {
  const authority = certificateAuthority()
  const server = createServer(authority.issue(['sts.amazonaws.com', '*.s3.amazonaws.com']))
  server.on('tlsClientError', () => {})
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => server.close())
  const { port } = server.address() as AddressInfo
  const handshake = async (servername: string, ca: string) => {
    const socket = connect({ port, host: '127.0.0.1', servername, ca })
    try {
      await once(socket, 'secureConnect')
    } finally {
      socket.destroy()
    }
  }
  await handshake('sts.amazonaws.com', authority.cert)
  await handshake('bucket.s3.amazonaws.com', authority.cert)
  await assert.rejects(handshake('ec2.amazonaws.com', authority.cert), {
    code: 'ERR_TLS_CERT_ALTNAME_INVALID',
  })
  await assert.rejects(handshake('sts.amazonaws.com', certificateAuthority().cert))
})

test('only the authority may sign certificates, and each says whose key signed it', () => {
  const authority = certificateAuthority()
  const [ca, leaf] = [authority.cert, authority.issue(['a.test']).cert].map(
    (each) => new X509Certificate(each),
  )
  assert.ok(ca!.ca && !leaf!.ca)
  assert.ok(leaf!.checkIssued(ca!) && leaf!.verify(ca!.publicKey))
  const keyIdentifiers = Buffer.from('551d23', 'hex')
  assert.ok(
    leaf!.raw.includes(keyIdentifiers),
    'Python takes no certificate without an authority key identifier',
  )
})

test('a name longer than a common name has room for is in the certificate all the same', () => {
  const host = `${'b'.repeat(63)}.s3.eu-west-1.amazonaws.com`
  const { cert } = certificateAuthority().issue([host])
  assert.equal(new X509Certificate(cert).checkHost(host), host)
})
