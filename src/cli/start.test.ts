import assert from 'node:assert/strict'
import { chmodSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { failure, folderOf } from '../../test/workload.ts'
import { findCommand } from './start.ts'

test('a program is found on PATH, and an empty name is none', (t) => {
  const folder = folderOf(t, { program: '#!/bin/sh\n' })
  chmodSync(join(folder, 'program'), 0o755)
  findCommand('program', { PATH: `/nowhere:${folder}` })
  assert.throws(() => findCommand('', { PATH: folder }), failure('COMMAND_ABSENT', '""'))
})

test('a file that may not be run is told of, wherever on PATH it is', (t) => {
  const folder = folderOf(t, { program: 'data' })
  assert.throws(
    () => findCommand('program', { PATH: `${folder}:/nowhere` }),
    failure('COMMAND_DENIED', 'permission denied'),
  )
})

test('a folder of PATH that may not be looked into has nothing in it', (t) => {
  const closed = folderOf(t)
  chmodSync(closed, 0)
  // Root may look into every folder; nobody is a user of every Linux and macOS.
  const root = process.geteuid?.() === 0
  if (root) process.seteuid?.(65534)
  try {
    assert.throws(() => findCommand('no-such-program', { PATH: closed }), failure('COMMAND_ABSENT'))
  } finally {
    if (root) process.seteuid?.(0)
    chmodSync(closed, 0o700)
  }
})
