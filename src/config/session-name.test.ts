import assert from 'node:assert/strict'
import { test } from 'node:test'
import { roleSessionName } from './forms.ts'
import { sessionName } from './session-name.ts'

test('in CI the name leads back to the pipeline', () => {
  const gitlab = { GITLAB_CI: 'true', CI_PROJECT_ID: '20', CI_PIPELINE_ID: '574' }
  assert.equal(sessionName(gitlab), 'GitLabRunner-20-574')
  assert.equal(sessionName({ GITHUB_ACTIONS: 'true', GITHUB_RUN_ID: '9' }), 'GitHubActions-9')
})

test('elsewhere it is the host, by variable or by itself', () => {
  assert.equal(sessionName({ HOSTNAME: 'pod-1' }), 'mayfly-pod-1')
  assert.equal(
    sessionName({}, () => 'box'),
    'mayfly-box',
  )
})

test('whatever the host is called, AWS takes the name', () => {
  for (const HOSTNAME of ['häß lich/..', 'x'.repeat(100), '', '\n'])
    assert.match(sessionName({ HOSTNAME }), roleSessionName.pattern)
})
