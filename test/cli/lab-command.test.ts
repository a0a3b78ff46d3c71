import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { chmodSync, chownSync, readFileSync, writeFileSync } from 'node:fs'
import { constants } from 'node:os'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'
import type { Environment } from '../../src/world.ts'
import { googleCredentials, trustFile } from '../fakes/cloud.ts'
import { mayfly, run } from '../fakes/run.ts'
import { inLab, lab, skip } from './in-lab.ts'
import { emptied, emptyHome, started } from './surroundings.ts'

const node = process.execPath
const here = (name: string) => fileURLToPath(new URL(name, import.meta.url))

const asking = `await fetch('http://169.254.170.2/'); process.exit(7)`

function startedInGroup(home: Environment, command: readonly string[]) {
  return started(['lab', '--trust', trustFile, '--', ...command], home, { detached: true })
}

describe('a command in a lab', { skip, concurrency: false }, () => {
  it('has its exit code passed on, and a signal’s as every shell has it', async (t) => {
    assert.equal((await inLab(t, [], ['sh', '-c', 'exit 7'])).code, 7)
    assert.equal((await inLab(t, [], ['sh', '-c', 'kill -TERM $$'])).code, 128 + 15)
  })

  it('that is not there is 127, before anything is made, and so is a platform that the trust has no role for', async (t) => {
    const absent = await inLab(t, [], ['no-such-command'])
    assert.deepEqual([absent.code, /^code: COMMAND_ABSENT /m.test(absent.err)], [127, true])
    const roleless = await inLab(t, ['--platform', 'ec2'], ['true'])
    assert.deepEqual([roleless.code, /^code: LAB_ROLE /m.test(roleless.err)], [1, true])
  })

  for (const [wrong, args, exit, code] of [
    ['a file that may not be run', ['--', trustFile], 126, 'COMMAND_DENIED'],
    ['no command', ['--'], 2, 'COMMAND_USAGE'],
    ['a platform that there is not', ['--platform', 'ekss', '--', 'true'], 2, 'COMMAND_USAGE'],
    [
      'a claim that there is not',
      ['--platform', 'gitlab', '--claim', 'team=a', '--', 'true'],
      2,
      'COMMAND_USAGE',
    ],
    ['a trust file that is none', ['--trust', googleCredentials, '--', 'true'], 1, 'REGISTRY_DOCUMENT'],
  ] as const)
    it(`is not started for ${wrong}: ${code}, exit code ${exit}`, async (t) => {
      const home = await emptyHome(t)
      const ran = await run([mayfly, 'lab', '--trust', trustFile, ...args], home)
      assert.deepEqual([ran.code, new RegExp(`^code: ${code} `, 'm').test(ran.err)], [exit, true], ran.err)
    })

  it('goes on where there is no room for what is said of it', async (t) => {
    const full = 'exec "$@" 2>/dev/full'
    const words = lab(['--verbose', '--trace', '-', '--platform', 'ecs'], [node, '-e', asking])
    assert.equal((await run(['sh', '-c', full, 'full', ...words], await emptyHome(t))).code, 7)
  })

  it('has its caller’s umask, and files that every user in the box can read', async (t) => {
    const files =
      '/etc/hosts /etc/resolv.conf $SSL_CERT_FILE /run/secrets/eks.amazonaws.com/serviceaccount/token'
    const looking = `umask; for each in ${files}; do [ -e $each ] && stat -Lc %a $each; done`
    const pod = ['--platform', 'eks', '--role', 'arn:aws:iam::123456789012:role/uploader']
    const words = ['sh', '-c', 'umask 077; exec "$@"', 'closed', ...lab(pod, ['sh', '-c', looking])]
    const { out } = await run(words, await emptyHome(t))
    assert.match(out, /^0077\n(644\n){3,4}$/)
  })

  it('gets a signal once, and decides what to do', async (t) => {
    const home = await emptyHome(t)
    const program = `let n = 0; process.on('SIGTERM', () => console.log('got ' + ++n)); process.on('SIGUSR2', () => process.exit(n)); setInterval(() => {}, 1000); console.log('ready')`
    const job = started(['lab', '--trust', trustFile, '--', node, '-e', program], home)
    await job.said('ready')
    job.kill('SIGTERM')
    await job.said('got 1')
    job.kill('SIGUSR2')
    assert.equal((await job.ended).code, 1)
  })

  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGQUIT', 'SIGUSR1', 'SIGUSR2'] as const)
    it(`is ended by a ${signal} to the whole process group, and the exit code says so`, async (t) => {
      const job = startedInGroup(await emptyHome(t), ['sh', '-c', 'echo ready; exec sleep 1000'])
      await job.said('ready')
      job.killGroup(signal)
      assert.equal((await job.ended).code, 128 + constants.signals[signal])
    })

  it('that takes a SIGQUIT to the whole process group for a question, as a JVM does, lives on', async (t) => {
    const program = `process.on('SIGQUIT', () => console.log('threads')); process.on('SIGTERM', () => process.exit(7)); setInterval(() => {}, 1000); console.log('ready')`
    const job = startedInGroup(await emptyHome(t), [node, '-e', program])
    await job.said('ready')
    job.killGroup('SIGQUIT')
    await job.said('threads')
    job.kill('SIGTERM')
    assert.equal((await job.ended).code, 7)
  })

  it('gets the Ctrl-C of a terminal once, and the box outlives it', async (t) => {
    if (spawnSync('script', ['--version']).error)
      return t.skip('script(1), which gives a terminal, is not here')
    const home = await emptyHome(t)
    const file = join(home.HOME, 'program.cjs')
    // The second of two would come before the timer.
    writeFileSync(
      file,
      `let count = 0
      process.on('SIGINT', () => { count++; setImmediate(() => setTimeout(() => process.exit(count), 100)) })
      setInterval(() => {}, 1000)
      console.log('ready')`,
    )
    const typed = `exec '${mayfly}' lab --trust '${trustFile}' -- '${node}' '${file}'`
    const terminal = spawn('script', ['-qefc', typed, '/dev/null'], {
      env: home as NodeJS.ProcessEnv,
      stdio: ['pipe', 'pipe', 'inherit'],
    })
    terminal.stdout.on('data', (part) => String(part).includes('ready') && terminal.stdin.write('\x03'))
    assert.equal(await new Promise((resolve) => terminal.once('close', resolve)), 1)
  })

  it('gets a SIGINT that is sent to a job in the background of a terminal', async (t) => {
    if (spawnSync('script', ['--version']).error)
      return t.skip('script(1), which gives a terminal, is not here')
    const home = await emptyHome(t)
    const said = join(home.HOME, 'said')
    const program = `process.on('SIGINT', () => process.exit(7)); setInterval(() => {}, 1000); console.log('ready')`
    writeFileSync(join(home.HOME, 'program.cjs'), program)
    // With job control a job has a process group of its own, and the shell's stays the terminal's.
    const typed = `set -m; trap 'kill -KILL $!' HUP; mkfifo '${said}'; '${mayfly}' lab --trust '${trustFile}' -- '${node}' '${home.HOME}/program.cjs' >'${said}' &
      read -r line <'${said}'; kill -INT $!; wait $!`
    const { code } = await run(
      ['script', '-qefc', `exec bash -c "${typed.replaceAll('$', '\\$')}"`, '/dev/null'],
      home,
    )
    assert.equal(code, 7)
  })

  it('ends with everything that it started when Mayfly is killed, and nothing is left of the box', async (t) => {
    const home = await emptyHome(t)
    const mounts = () => readFileSync('/proc/self/mountinfo', 'utf8')
    const before = mounts()
    // It holds the output open for as long as it lives, and so does its child.
    const program = `require('node:child_process').spawn('sleep', ['1000'], { stdio: 'inherit', detached: true }); setInterval(() => {}, 1000); console.log('ready')`
    const job = started(['lab', '--trust', trustFile, '--platform', 'ecs', '--', node, '-e', program], home)
    await job.said('ready')
    job.kill('SIGKILL')
    assert.equal((await job.ended).signal, 'SIGKILL')
    assert.equal(mounts(), before)
    await emptied(home.HOME)
  })

  it('is its caller, with no rights over the box, where its caller is not root', async (t) => {
    if (process.getuid?.() !== 0) return t.skip('only root can become another user')
    const nobody = 65534
    const as = ['setpriv', `--reuid=${nobody}`, `--regid=${nobody}`, '--clear-groups', '--']
    const tried = spawnSync(as[0]!, [...as.slice(1), node, '-e', '', here('look-around.mjs')])
    if (tried.status !== 0) return t.skip(`another user cannot run Node here: ${tried.error ?? tried.stderr}`)
    const home = await emptyHome(t)
    chmodSync(home.HOME, 0o755)
    chownSync(home.HOME, nobody, nobody)
    const ran = await run([...as, ...lab(['--platform', 'ecs'], [node, here('look-around.mjs')])], home)
    if (/LAB_DENIED/.test(ran.err)) return t.skip(ran.err)
    assert.equal(ran.code, 0, ran.err)
    const { user, addresses, secure } = JSON.parse(ran.out)
    assert.deepEqual(
      [user, addresses['169.254.170.2'], secure['https://sts.amazonaws.com/']],
      [nobody, 'answers', 400],
    )
    const mounting = await run([...as, ...lab([], ['mount', '-t', 'tmpfs', 'tmpfs', '/mnt'])], home)
    assert.notEqual(mounting.code, 0)
  })
})
