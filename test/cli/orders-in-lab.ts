// Runs in a lab, beside the program of story 1: a BigQuery for it, whose callers the lab has verified already. The
// command is this process's arguments.
import { spawn } from 'node:child_process'
import { serveBigQuery } from '../fakes/bigquery.ts'

const scopes = ['https://www.googleapis.com/auth/bigquery']
const bigquery = await serveBigQuery({
  port: 9050,
  verify: () => ({
    type: 'google',
    principal: { type: 'service-account', email: 'verified@by-the-lab' },
    scopes,
    expiresAtMs: Number.POSITIVE_INFINITY,
  }),
})
bigquery.tables.set('acme.sales.orders', [
  { id: 1, item: 'lamp' },
  { id: 2, item: 'desk' },
])
const [program = '', ...args] = process.argv.slice(2)
const child = spawn(program, args, { stdio: 'inherit' })
child.once('exit', (code) => process.exit(code ?? 1))
