import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readIni } from './ini.ts'

const read = (text: string) =>
  Object.fromEntries([...readIni(text)].map(([name, each]) => [name, Object.fromEntries(each)]))

test('sections and settings are read, names of settings in lower case', () => {
  assert.deepEqual(read('[default]\nRegion=eu-west-1\n\n[profile a]\r\nx = y = z\r\n'), {
    default: { region: 'eu-west-1' },
    'profile a': { x: 'y = z' },
  })
})

test('comments are lines, or follow white space; a hash inside of a value is part of it', () => {
  assert.deepEqual(read('# x = 1\n; y = 2\n[a] # section\nb = c#d # e\nf = g ;h\n'), {
    a: { b: 'c#d', f: 'g' },
  })
})

test('a quoted profile and one with odd spaces are the same profile', () => {
  assert.deepEqual(read('[profile "a"]\nx=1\n[ profile  a ]\ny=2\n'), { 'profile a': { x: '1', y: '2' } })
})

test('nested settings go by both names', () => {
  assert.deepEqual(read('[services s]\nsts =\n  endpoint_url = u\nregion = r\n'), {
    'services s': { sts: '', 'sts.endpoint_url': 'u', region: 'r' },
  })
})

test('what is neither section nor setting is passed over, and so is what stands before a section', () => {
  assert.deepEqual(read('x = 1\nnonsense\n[a]\nnonsense\n= 2\ny = 3\n[broken\n'), { a: { y: '3' } })
})

test('a hostile file is read in no time', { timeout: 2000 }, () => {
  readIni(`[a]\n${' '.repeat(200_000)}x\nb = ${' #'.repeat(100_000)}\n[${' '.repeat(200_000)}`)
})
