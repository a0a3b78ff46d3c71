import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as mayfly from './index.ts'

test('the public names are these: one more is a promise, one less breaks somebody', () => {
  assert.deepEqual(Object.keys(mayfly).sort(), [
    'MayflyError',
    'Secret',
    'auditFile',
    'chooseSource',
    'createAudit',
    'createFaults',
    'createLimits',
    'createSts',
    'describeSources',
    'encodeAuthorizationMessage',
    'ephemeralKeys',
    'evaluateBoundary',
    'evaluatePermissions',
    'federate',
    'issueSession',
    'keepFresh',
    'keysFromFile',
    'lease',
    'outboundHttp',
    'readPlans',
    'readTrustFile',
    'remedies',
    'serveSts',
    'stsApp',
    'verifyAccessToken',
    'verifyAwsRequest',
    'wallClock',
  ])
})
