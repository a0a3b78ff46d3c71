import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isLoopbackHost, isMetadataHost, isPublicAddress } from './addresses.ts'

test('addresses of hosts on the Internet are public', () => {
  for (const address of [
    '8.8.8.8',
    '172.32.0.1',
    '100.128.0.1',
    '192.0.1.1',
    '2606:4700::1111',
    '2a00:1450:4009::5e',
  ])
    assert.equal(isPublicAddress(address), true, address)
})

test('private, local, shared, reserved, multicast and wrapped addresses are not', () => {
  const rows = [
    '0.0.0.0',
    '10.1.2.3',
    '100.64.0.1',
    '100.127.255.255',
    '127.0.0.1',
    '127.255.255.254',
    '169.254.169.254',
    '172.16.0.1',
    '172.31.255.255',
    '192.0.0.8',
    '192.168.1.1',
    '198.18.0.1',
    '203.0.113.7',
    '224.0.0.1',
    '240.0.0.1',
    '255.255.255.255',
    '::',
    '::1',
    '::ffff:127.0.0.1',
    '::ffff:8.8.8.8',
    '::ffff:a9fe:a9fe',
    '::127.0.0.1',
    '64:ff9b::a9fe:a9fe',
    'fc00::1',
    'fd00:ec2::254',
    'fe80::1',
    'fe80::1%eth0',
    '2606:4700::1111%eth0',
    'fec0::1',
    'ff02::1',
    '2001::1',
    '2001:db8::1',
    '2002:7f00:1::',
    '100::1',
    'example.com',
    '8.8.8',
    '',
  ]
  for (const address of rows) assert.equal(isPublicAddress(address), false, address)
})

test('loopback is told by the name alone', () => {
  for (const host of ['127.0.0.1', '127.1.2.3', '::1', '[::1]', 'localhost', 'LOCALHOST.', 'sts.localhost'])
    assert.equal(isLoopbackHost(host), true, host)
  for (const host of [
    '127.0.0.1.example.com',
    'localhost.example.com',
    'mylocalhost',
    '128.0.0.1',
    '0.0.0.0',
    '::',
    '',
  ])
    assert.equal(isLoopbackHost(host), false, host)
})

test('the five metadata addresses are known, and their neighbours are not', () => {
  for (const host of [
    '169.254.169.254',
    '169.254.170.2',
    '169.254.170.23',
    '[fd00:ec2::254]',
    '[FD00:EC2::23]',
  ])
    assert.equal(isMetadataHost(host), true, host)
  for (const host of ['169.254.169.253', '[fd00:ec2::1]', 'metadata.google.internal'])
    assert.equal(isMetadataHost(host), false, host)
})
