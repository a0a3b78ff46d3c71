import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fits, hostName, isTokenService, vendorOf } from './hosts.ts'

test('the token service is at every name that STS and IAM have, and at no other service’s', () => {
  for (const name of [
    'sts.amazonaws.com',
    'sts.eu-west-1.amazonaws.com',
    'sts-fips.us-east-1.amazonaws.com',
    'sts.cn-north-1.amazonaws.com.cn',
    'sts.eu-west-1.api.aws',
    'iam.amazonaws.com',
    'iam.global.api.aws',
    'sts.googleapis.com',
    'iam.googleapis.com',
    'iamcredentials.googleapis.com',
    'STS.googleapis.com.',
    'login.microsoftonline.com',
    'sts.windows.net',
  ])
    assert.ok(isTokenService(name), name)
  for (const name of [
    'ec2.amazonaws.com',
    'sts.amazonaws.com.evil.test',
    'xsts.amazonaws.com',
    'bigquery.googleapis.com',
    'graph.microsoft.com',
  ])
    assert.ok(!isTokenService(name), name)
})

test('a vendor is known by its domains alone', () => {
  assert.equal(vendorOf('bucket.s3.eu-west-1.amazonaws.com'), 'aws')
  assert.equal(vendorOf('storage.googleapis.com'), 'google')
  for (const name of [
    'management.azure.com',
    'graph.microsoft.com',
    'sts.windows.net',
    'a.blob.core.windows.net',
  ])
    assert.equal(vendorOf(name), 'microsoft', name)
  assert.equal(vendorOf('docs.microsoft.com'), undefined)
  assert.equal(vendorOf('notamazonaws.com'), undefined)
  assert.equal(vendorOf('gitlab.com'), undefined)
})

test('a star stands for one label, and for at least one character', () => {
  assert.ok(fits('*.s3.amazonaws.com', 'bucket.s3.amazonaws.com'))
  assert.ok(fits('ec2.*.amazonaws.com', 'EC2.eu-west-1.amazonaws.com.'))
  assert.ok(!fits('*.s3.amazonaws.com', 'a.b.s3.amazonaws.com'))
  assert.ok(!fits('*.s3.amazonaws.com', '.s3.amazonaws.com'))
  assert.ok(!fits('s3.amazonaws.com', 'bucket.s3.amazonaws.com'))
})

test('a Host is a name without its port', () => {
  assert.equal(hostName('STS.amazonaws.com:443'), 'sts.amazonaws.com')
})
