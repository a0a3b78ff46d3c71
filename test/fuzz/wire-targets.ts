import assert from 'node:assert/strict'
import { isIP } from 'node:net'
import { Secret } from '../../src/secret.ts'
import { bareHost, isLoopbackHost, isMetadataHost, isPublicAddress } from '../../src/wire/addresses.ts'
import { accountOfKeyId, sessionKeyId } from '../../src/wire/aws-ids.ts'
import { checkConstraints, membersOf } from '../../src/wire/aws-parameters.ts'
import { escapeXml, readXmlText, xmlResponse } from '../../src/wire/aws-query.ts'
import { parseDuration } from '../../src/wire/duration.ts'
import { encodeForm, parseForm } from '../../src/wire/form.ts'
import { readJsonObject } from '../../src/wire/json.ts'
import { readJwt, verificationKey } from '../../src/wire/jws.ts'
import { plainJson } from '../../src/wire/plain-json.ts'
import { oneLine, printable } from '../../src/wire/printable.ts'
import { readRfc3339 } from '../../src/wire/rfc3339.ts'
import { checkSignature, readSignature, signHeaders, signQuery } from '../../src/wire/sigv4.ts'
import { requestIn } from './request-text.ts'
import type { Target } from './target.ts'

const jwtParts = ['eyJhbGciOiJSUzI1NiJ9', 'eyJzdWIiOiJhIn0', 'AAAA']
const exampleKey = {
  kty: 'EC',
  crv: 'P-256',
  kid: '1',
  use: 'sig',
  x: 'f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU',
  y: 'x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0',
}
const stringList = {
  name: 'Audience',
  required: true,
  items: [1, 10],
  fields: [{ name: '', length: [1, 1000] }],
} as const
const tagList = {
  name: 'Tags',
  items: [0, 50],
  fields: [
    { name: 'Key', required: true, length: [1, 128] },
    { name: 'Value', required: true, length: [0, 256] },
  ],
} as const

const json = {
  corpus: [
    '{"iss":"https://gitlab.com","sub":"a","aud":["x","y"],"exp":1764633600,"nested":{"a":[1,null,true]}}',
    '{"keys":[{"kty":"RSA","n":"0vx7","e":"AQAB"}],"a\\u0062":"\\ud83d\\ude00"}',
  ],
  words: [
    '{',
    '}',
    '[',
    ']',
    '":"',
    '",',
    '":',
    '\\u0061',
    '\\"',
    '\\\\',
    '1e15',
    '-0',
    '"__proto__":1',
    '{"a":',
  ],
  refusals: [],
} as const

const signing = {
  credentials: {
    accessKeyId: 'AKIDEXAMPLE',
    secretAccessKey: new Secret('wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY'),
  },
  region: 'us-east-1',
  service: 'sts',
  nowMs: Date.parse('2026-11-22T00:00:00Z'),
}
const signable = 'POST /?Action=GetCallerIdentity&Version=2011-06-15\nHost: sts.amazonaws.com\nX-A:  b  c'

function signedText(): string {
  const { method, path, query, headers, body } = requestIn(signable)
  const all = [...headers, ...signHeaders({ method, path, query, headers, body }, signing)]
  return `${method} ${path}?${query}\n${all.map(([name, value]) => `${name}: ${value}`).join('\n')}\n\n${body}`
}

/** What reads octets that come over a network: formats that both halves speak. */
export const wireTargets: readonly Target[] = [
  {
    name: 'form',
    corpus: [
      'Action=AssumeRole&Version=2011-06-15&Tags.member.1.Key=a%20b&Policy=%7B%22a%22%3A1%7D',
      'grant_type=client_credentials&scope=https%3A%2F%2Fgraph.microsoft.com%2F.default&client_id=',
    ],
    words: ['&', '=', '%', '%20', '+', '%C3%A9', '%ED%A0%80', 'Action', 'action', '%41ction'],
    refusals: ['REQUEST_PARAMETER'],
    read(text) {
      // What comes over a network was decoded as UTF-8: no half of a surrogate pair is in it.
      const fields = parseForm(text.toWellFormed())
      const printed = [...fields].map(([name, value]) => encodeForm({ [name]: value })).join('&')
      assert.deepEqual([...parseForm(printed)], [...fields])
    },
  },
  {
    ...json,
    name: 'json',
    read(text) {
      const value = readJsonObject(Buffer.from(text, 'latin1'))
      if (!value) return
      const printed = JSON.stringify(value)
      assert.equal(JSON.stringify(readJsonObject(Buffer.from(printed))), printed)
    },
  },
  {
    ...json,
    name: 'plain-json',
    read(text) {
      const plain = plainJson(text)
      if (plain) assert.deepEqual(plain.value, JSON.parse(text))
    },
  },
  {
    name: 'jwt',
    corpus: [jwtParts.join('.'), 'eyJhbGciOiJub25lIn0.eyJhdWQiOlsiYSJdfQ.'],
    words: ['.', ...jwtParts, '=', '-', '_', '+', '/', 'e30'],
    refusals: ['PROOF_MALFORMED', 'PROOF_TOO_LARGE'],
    read(text) {
      const { signed, signature } = readJwt(text)
      assert.equal(`${signed}.${signature.toString('base64url')}`, text)
    },
  },
  {
    name: 'jwk',
    corpus: [
      JSON.stringify(exampleKey),
      '{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}',
    ],
    words: [
      '"kty"',
      '"RSA"',
      '"EC"',
      '"OKP"',
      '"oct"',
      '"P-384"',
      '"P-521"',
      '"n":"',
      '"e":"',
      '"AQAB"',
      '"use":"enc"',
      '"d":"',
    ],
    refusals: [],
    read: (text) => verificationKey(readJsonObject(Buffer.from(text))),
  },
  {
    name: 'xml',
    corpus: [
      xmlResponse('GetCallerIdentity', { Arn: 'arn:aws:iam::1:role/a&b', Account: '123456789012' }, 'id'),
      '<ErrorResponse><Error><Code lang="x">AccessDenied</Code><Message>&lt;&#x41;</Message></Error></ErrorResponse>',
    ],
    words: [
      '<',
      '>',
      '</',
      '/>',
      '<Message>',
      '</Message>',
      '<Message ',
      '&amp;',
      '&#x',
      '&#1114112;',
      '<![CDATA[',
      '<!--',
      ']]>',
    ],
    refusals: [],
    read(text) {
      const found = readXmlText(text, 'Message')
      if (found === undefined) return
      const again = readXmlText(`<Message>${escapeXml(found)}</Message>`, 'Message')!
      assert.equal(readXmlText(`<Message>${escapeXml(again)}</Message>`, 'Message'), again)
    },
  },
  {
    name: 'aws-parameters',
    corpus: [
      'Audience.member.1=a&Audience.member.2=b&Tags.member.1.Key=k&Tags.member.1.Value=v',
      'Audience.member.7=a&Tags.member.2.Key=k&Tags.member.2.Value=v&Tags.member.1.Key=x',
    ],
    words: [
      '&',
      '=',
      '.',
      'Audience',
      'Tags',
      'member',
      '.member.',
      '1',
      '999',
      '1000',
      '0',
      '01',
      'Key',
      'Value',
    ],
    refusals: ['REQUEST_PARAMETER'],
    read(text) {
      const parameters = parseForm(text)
      checkConstraints(parameters, [stringList, tagList])
      const count = membersOf(parameters, 'Audience').length
      assert.ok(count >= 1 && count <= 10)
    },
  },
  {
    name: 'signature',
    corpus: [
      signedText(),
      `GET /?${signQuery(requestIn(signable), { ...signing, expiresSeconds: 900 })}\nHost: sts.amazonaws.com`,
    ],
    words: [
      ...[
        'Authorization: ',
        'AWS4-HMAC-SHA256 ',
        'Credential=',
        'SignedHeaders=',
        'Signature=',
        'X-Amz-Date: ',
      ],
      ...[
        'X-Amz-Signature=',
        'X-Amz-Expires=',
        'X-Amz-Security-Token=',
        'x-amz-date',
        ';',
        ', ',
        '/',
        '%2F',
        '\n',
        'aws4_request',
      ],
    ],
    refusals: [
      'REQUEST_UNSIGNED',
      'REQUEST_INCOMPLETE',
      'REQUEST_PARAMETER',
      'REQUEST_SIGNATURE',
      'REQUEST_SCOPE',
    ],
    read(text) {
      const request = requestIn(text)
      checkSignature(request, readSignature(request), signing.credentials.secretAccessKey.reveal())
    },
  },
  {
    name: 'host',
    corpus: [
      '127.0.0.1',
      '[::1]',
      'fd00:ec2::254',
      '169.254.169.254',
      'sts.amazonaws.com.',
      'a.localhost',
      '::ffff:10.0.0.1',
    ],
    words: [
      ':',
      '::',
      '.',
      '%eth0',
      '0x7f',
      '127.1',
      'ffff',
      '64:ff9b::',
      '[',
      ']',
      'localhost',
      '2130706433',
      '2001:db8::',
    ],
    refusals: [],
    read(text) {
      const bare = bareHost(text)
      const publicOne = isPublicAddress(bare)
      if (publicOne) assert.ok(isIP(bare) !== 0 && !isLoopbackHost(text) && !isMetadataHost(text))
      // What a URL makes of the same text must not be more public than the text is.
      const dialled = URL.parse(`https://${text}/`)?.hostname
      if (publicOne && dialled) assert.ok(isPublicAddress(bareHost(dialled)), dialled)
    },
  },
  {
    name: 'duration',
    corpus: ['5m', '3600s', '1h', '7d', '3600'],
    words: ['s', 'm', 'h', 'd', '1', '999999999', '.', '-', '+', ' ', 'PT1H'],
    refusals: ['CONFIG_FIELD'],
    read(text) {
      const seconds = parseDuration(text)
      assert.ok(Number.isSafeInteger(seconds) && seconds > 0)
      assert.equal(parseDuration(seconds), seconds)
    },
  },
  {
    name: 'time',
    corpus: ['2026-11-22T00:00:00Z', '2026-11-22t23:59:59.999999999+05:30'],
    words: ['T', 'Z', ':', '-', '+', '.', '60', '24', '00', '02-30', '0000', '9999'],
    refusals: [],
    read(text) {
      const ms = readRfc3339(text)
      if (ms === undefined) return
      assert.ok(Number.isSafeInteger(ms))
      if (ms >= 0) assert.equal(readRfc3339(new Date(ms).toISOString()), ms)
    },
  },
  {
    name: 'access-key-id',
    corpus: [sessionKeyId('123456789012', Buffer.alloc(10)), 'AKIAQYLPMN5HFIQR7XYA'],
    words: ['ASIA', 'AKIA', 'AROA', 'Q', 'Z', '2', '7', 'A', '9'],
    refusals: [],
    read(text) {
      const account = accountOfKeyId(text)
      if (account !== undefined) assert.match(account, /^\d{12}$/)
    },
  },
  {
    name: 'printable',
    corpus: ['a plain line', 'one\ntwo\u001b[31mred\u001b[0m', 'ghp_abcdefghijklmnopqrstuvwxyz0123456789'],
    words: ['\u001b', '[31m', '\u0007', '\u200b', '\u202e', '\u2028', '\r', '\u009b'],
    refusals: [],
    read(text) {
      for (const shown of [printable(text), oneLine(text, 80)])
        assert.doesNotMatch(shown, /[\p{Cc}\p{Cf}\u2028\u2029]/u)
    },
  },
]
