import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { trustFile } from '../fakes/cloud.ts'
import { mayfly, run } from '../fakes/run.ts'
import { folderOf } from '../workload.ts'
import { lab, skip } from './in-lab.ts'
import { emptyHome } from './surroundings.ts'

const withBash = spawnSync('bash', ['--version']).error
  ? 'bash, which opens such descriptors, is not here'
  : skip

describe('the box of a lab', { skip, concurrency: false }, () => {
  it('lets nothing in that its caller has open besides the standard streams', {
    skip: withBash,
  }, async (t) => {
    const home = await emptyHome(t)
    const held = ['exec 7</proc/self/ns/net 20</proc/self/ns/net 250</etc/passwd', '"$@"'].join('\n')
    const looking =
      'for each in 1 $$; do cd /proc/$each/fd; for fd in *; do echo $fd $(readlink $fd); done; done'
    const { out, code } = await run(['bash', '-c', held, 'held', ...lab([], ['sh', '-c', looking])], home)
    assert.equal(code, 0)
    assert.match(out, /^0 /m)
    assert.doesNotMatch(out, /net:|passwd|^20 |^250 /m)
  })

  it('takes its trust from what a shell has open, and writes its trace there', {
    skip: withBash,
  }, async (t) => {
    const home = await emptyHome(t)
    const piped = '"$0" lab --trust <(cat "$1") --trace >(cat >&2) --platform ecs -- "$2" -e "$3"'
    const asking = "await fetch('http://169.254.170.2/')"
    const words = ['bash', '-c', piped, mayfly, trustFile, process.execPath, asking]
    const { err } = await run(words, home)
    assert.match(err, /"at":"169\.254\.170\.2:80"/)
  })

  it('is not opened by a trust that is no file, nor by a caller that says it is there', async (t) => {
    const fifo = join(folderOf(t), 'fifo')
    assert.equal(spawnSync('mkfifo', [fifo]).status, 0)
    const home = await emptyHome(t)
    const unread = await run([mayfly, 'lab', '--trust', fifo, '--', 'true'], home)
    assert.match(unread.err, /not a regular file.*\n(.*\n)*code: REGISTRY_DOCUMENT /m)
    const claimed = await run(lab([], ['true']), { ...home, MAYFLY_LAB_INSIDE: '1' })
    assert.match(claimed.err, /MAYFLY_LAB_INSIDE.*\n(.*\n)*code: LAB_OUTSIDE /m)
  })
})
