import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { trustFile } from '../fakes/cloud.ts'
import { mayfly, run } from '../fakes/run.ts'
import { folderOf } from '../workload.ts'
import { lab, skip } from './in-lab.ts'
import { emptyHome, started } from './surroundings.ts'

const withBash = spawnSync('bash', ['--version']).error
  ? 'bash, which opens such descriptors, is not here'
  : skip

const asRoot = process.getuid?.() === 0 ? skip : 'only root can mount that'

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

  it('has nothing of the machine below it that its root could bring up again', {
    skip: asRoot,
  }, async (t) => {
    const home = await emptyHome(t)
    const looking = 'ls /sys/class/net; umount -R /sys; ls /sys; umount /proc; ls /proc'
    const { out } = await run(lab([], ['sh', '-c', looking]), home)
    assert.equal(out, 'lo\n')
  })

  it('shows nobody what its caller’s own identity is, not by the processes of Mayfly either', async (t) => {
    const home = await emptyHome(t)
    const own = {
      AWS_SECRET_ACCESS_KEY: 'SECRET',
      CIRCLE_OIDC_TOKEN: 'SECRET',
      HTTPS_PROXY: 'http://u:SECRET@p',
    }
    const looking = 'cat /proc/[0-9]*/environ /proc/[0-9]*/cmdline | tr "\\0" "\\n"'
    const { out } = await run(lab([], ['sh', '-c', looking]), { ...home, ...own })
    assert.match(out, /^HOME=/m)
    assert.doesNotMatch(out, /SECRET\b/)
  })

  it('has of /run what leads to no other process', { skip: asRoot }, async (t) => {
    const home = await emptyHome(t)
    const socket =
      'require("net").createServer().listen("/run/bus/deep/socket", () => process.kill(process.pid, 9))'
    const making = `set -e
      mount -t tmpfs tmpfs /run
      mkdir -p /run/bus/deep /run/pipe /run/netns /run/secrets /run/kept
      "$0" -e '${socket}' 2>/dev/null || mkfifo /run/pipe/fifo /run/top
      touch /run/kept/file
      cd /run/kept
      XDG_RUNTIME_DIR=/run/user/0 exec "$@"`
    const looking = ['sh', '-c', 'ls /run; ls ..; ls; stat -c %a /run/user/0; umask']
    const words = ['unshare', '--mount', 'sh', '-c', making, process.execPath, ...lab([], looking)]
    const { out, err } = await run(words, home)
    const seen = 'kept\nmayfly-lab\nuser\n'
    assert.equal(out, `${seen}${seen}file\n700\n0022\n`, err)
  })

  it('ends with Mayfly, whatever its command has done to what is in it', async (t) => {
    const home = await emptyHome(t)
    const stopping = 'kill -STOP -1; echo ready; exec sleep 1000'
    const job = started(['lab', '--trust', trustFile, '--', 'sh', '-c', stopping], home)
    await job.said('ready')
    job.kill('SIGKILL')
    // Its streams are open for as long as anything in the box is there.
    assert.equal((await job.ended).signal, 'SIGKILL')
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
