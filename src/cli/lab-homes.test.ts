import assert from 'node:assert/strict'
import { userInfo } from 'node:os'
import { test } from 'node:test'
import { labHomes } from './lab-homes.ts'

test('the user’s own home has logins too, where HOME is another, or not set, or no path', () => {
  const own = userInfo().homedir
  assert.deepEqual(labHomes({ HOME: '/srv/job' }), ['/srv/job', own])
  for (const HOME of [own, undefined, '', 'here']) assert.deepEqual(labHomes({ HOME }), [own])
})
