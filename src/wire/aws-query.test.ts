import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { escapeXml, jsonError, jsonResponse, readXmlText, xmlError, xmlResponse } from './aws-query.ts'

test('an answer has the members in order, without those that are undefined', () => {
  const result = {
    Credentials: { AccessKeyId: 'ASIA', Expiration: '2026-01-02T03:04:05Z' },
    PackedPolicySize: undefined,
    Size: 6,
  }
  assert.equal(
    xmlResponse('AssumeRole', result, 'id-1'),
    '<AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleResult><Credentials><AccessKeyId>ASIA</AccessKeyId><Expiration>2026-01-02T03:04:05Z</Expiration></Credentials><Size>6</Size></AssumeRoleResult><ResponseMetadata><RequestId>id-1</RequestId></ResponseMetadata></AssumeRoleResponse>',
  )
})

test('a list is made of member elements', () => {
  assert.match(
    xmlResponse('ListRoles', { Roles: [{ Name: 'a' }, { Name: 'b' }] }, 'id'),
    /<Roles><member><Name>a<\/Name><\/member><member>/,
  )
})

test('an error has the shape of AWS, in XML and in JSON', () => {
  const error = { type: 'Sender', code: 'AccessDenied', message: "it's <no>", requestId: 'id-1' } as const
  assert.equal(
    xmlError(error),
    '<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><Error><Type>Sender</Type><Code>AccessDenied</Code><Message>it&apos;s &lt;no&gt;</Message></Error><RequestId>id-1</RequestId></ErrorResponse>',
  )
  assert.deepEqual(JSON.parse(jsonError(error)), {
    Error: { Code: 'AccessDenied', Message: "it's <no>", Type: 'Sender' },
    RequestId: 'id-1',
  })
})

test('the JSON answer is wrapped as the XML one is', () => {
  assert.equal(
    jsonResponse('GetCallerIdentity', { Account: '1', Arn: 'a', UserId: 'u' }, 'id'),
    '{"GetCallerIdentityResponse":{"GetCallerIdentityResult":{"Account":"1","Arn":"a","UserId":"u"},"ResponseMetadata":{"RequestId":"id"}}}',
  )
})

test('a text comes back out of XML as it went in, but for what XML cannot hold', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      // biome-ignore lint/suspicious/noControlCharactersInRegex: XML cannot hold them
      const expected = text.replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, '\ufffd')
      assert.equal(readXmlText(`<Message>${escapeXml(text)}</Message>`, 'Message'), expected)
    }),
  )
})

test('the first element of exactly that name is read, attributes and line breaks aside', () => {
  const xml =
    '<Error><CodeName>no</CodeName>\n<Code lang="x">AccessDenied</Code\n><Code>second</Code></Error>'
  assert.equal(readXmlText(xml, 'Code'), 'AccessDenied')
  assert.equal(readXmlText(xml, 'Error'), undefined)
  assert.equal(readXmlText(xml, 'Message'), undefined)
  assert.equal(readXmlText('<Code>cut', 'Code'), undefined)
  assert.equal(readXmlText('<Code', 'Code'), undefined)
})

test('an element with elements in it is passed over for a later one with text', () => {
  assert.equal(readXmlText('<A><B>1</B></A><A>2</A>', 'A'), '2')
})

test('references are decoded once', () => {
  assert.equal(readXmlText('<a>&amp;lt; &#65;&#x42; &nbsp; &#x110000;</a>', 'a'), '&lt; AB &nbsp; \ufffd')
})

test('reading is linear in the length of the text', () => {
  const time = (length: number) => {
    const xml = '<Code '.repeat(length) + '>'.repeat(length)
    const start = performance.now()
    readXmlText(xml, 'Code')
    return performance.now() - start
  }
  time(1000)
  // Quadratic, it would take minutes.
  assert.ok(time(300_000) < 1000)
})
