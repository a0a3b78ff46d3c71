// Makes a checkout ready to run: a Node >= 24 and the locked dependencies. Plain JavaScript that Node 20
// understands, since it runs before either is there. Does nothing, quickly, when all is in place.
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const pinned = join(root, 'scripts', 'pinned-node')
const state = join(root, '.setup')
const oldestNode = 24

function npm(what, directory) {
  process.stderr.write(`mayfly: installing ${what} (once per clone) …\n`)
  const began = Date.now()
  // `npm ci` refuses a lock file that lacks an optional package for some other platform, which is what npm
  // writes where a registry does not carry it. `install --no-save` takes the locked versions all the same.
  const args = ['install', '--no-save', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error']
  const run = spawnSync('npm', args, { cwd: directory, stdio: ['ignore', 'pipe', 'pipe'], encoding: 'utf8' })
  if (run.status === 0) {
    process.stderr.write(`mayfly: installed ${what} in ${((Date.now() - began) / 1000).toFixed(1)} s\n`)
    return
  }
  process.stderr.write(`${run.error?.message ?? run.stderr}\n`)
  process.stderr.write(`error: npm could not install ${what} in ${directory}\n`)
  process.stderr.write(
    'hint: check that the npm registry can be reached (npm ping), then run the same command again\n',
  )
  process.exit(1)
}

/** The path of a Node that is new enough: this one, or the pinned one that npm supplies. */
function node() {
  if (Number.parseInt(process.versions.node, 10) >= oldestNode) return process.execPath
  const path = join(pinned, 'node_modules', `node-${process.platform}-${process.arch}`, 'bin', 'node')
  if (!existsSync(path)) npm(`Node ${oldestNode}, since this one is ${process.versions.node}`, pinned)
  if (existsSync(path)) return path
  process.stderr.write(`error: no pinned Node ${oldestNode} for ${process.platform}-${process.arch}\n`)
  process.stderr.write(`hint: install Node ${oldestNode} or newer and run the same command again\n`)
  process.exit(1)
}

function recorded(name) {
  const file = join(state, name)
  return existsSync(file) ? readFileSync(file, 'utf8') : undefined
}

function record(name, value) {
  if (recorded(name) === value) return
  mkdirSync(state, { recursive: true })
  writeFileSync(join(state, name), value)
}

record('node', node())
const lock = createHash('sha256')
  .update(readFileSync(join(root, 'package-lock.json')))
  .digest('hex')
if (recorded('lock') !== lock || !existsSync(join(root, 'node_modules'))) npm('the locked dependencies', root)
record('lock', lock)
