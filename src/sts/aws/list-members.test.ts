import assert from 'node:assert/strict'
import { test } from 'node:test'
import { deploySession, roleArn, trustSide } from '../../../test/trust-side.ts'
import { failure } from '../../../test/workload.ts'
import { iamOperations } from '../../admin/iam.ts'
import { checkConstraints } from '../../wire/aws-parameters.ts'
import { constraints } from './constraints.ts'

// A member of a list that has nothing of what a member has is no internal failure, and is not left out in silence.

const sts = {
  wanted: [constraints.audience, constraints.policyArns, constraints.tags, constraints.transitiveTagKeys],
}

for (const [action, { wanted }] of [...iamOperations, ['STS', sts]] as const)
  for (const list of wanted)
    if ('items' in list)
      test(`${list.name} of ${action} with a member that is none is a validation error`, () => {
        const sent = new Map([[`${list.name}.member.1.Stray`, 'x']])
        assert.throws(() => checkConstraints(sent, [list]), failure('REQUEST_PARAMETER', 'must not be null'))
      })

for (const [Action, fields, stray] of [
  ['AssumeRole', { RoleArn: roleArn('named'), RoleSessionName: 'me' }, 'TransitiveTagKeys.member.1.x'],
  ['AssumeRole', { RoleArn: roleArn('named'), RoleSessionName: 'me' }, 'Tags.member.1.x'],
  ['AssumeRole', { RoleArn: roleArn('named'), RoleSessionName: 'me' }, 'PolicyArns.member.1.x'],
  ['GetFederationToken', { Name: 'ann' }, 'PolicyArns.member.1.Arn'],
] as const)
  test(`${Action} with ${stray} is a ValidationError`, async () => {
    const side = trustSide()
    const answer = await side.signed({ Action, ...fields, [stray]: 'x' }, await deploySession(side))
    assert.deepEqual([answer.status, answer.xml('Code')], [400, 'ValidationError'])
    assert.match(answer.xml('Message') ?? '', /must not be null/)
  })
