import { randomUUID } from 'node:crypto'
import { gunzipSync } from 'node:zlib'
import { type Context, Hono } from 'hono'
import type { GoogleIdentity } from '../../src/sts/ask.ts'
import { admitter, answerRefusal, GoogleRefusal } from './google-service.ts'
import { type Bindings, type ServeOptions, serveApp } from './serve.ts'
import type { VerifyBearer, Visits } from './service.ts'

type Row = Readonly<Record<string, unknown>>
interface Job {
  readonly query: string
  readonly columns: readonly string[]
  readonly rows: readonly Row[]
}

/** A query with its named parameters, as jobs.query and a job's configuration have it. */
interface Statement {
  readonly query: string
  readonly queryParameters?: readonly {
    readonly name: string
    readonly parameterValue: { readonly value: string }
  }[]
}

interface JobResource {
  readonly configuration: { readonly query: Statement }
  readonly jobReference?: { readonly jobId?: string }
}

// Small, so that three rows already need a second page and the client calls getQueryResults.
const pageRows = 2

/** A small BigQuery: rows that were inserted can be read back, by whoever `verify` lets in. */
export async function serveBigQuery({ verify, ...place }: ServeOptions & { readonly verify: VerifyBearer }) {
  const visits: Visits<GoogleIdentity> = { seen: [], turnedAway: [] }
  const tables = new Map<string, Row[]>()
  const jobs = new Map<string, Job>()
  const app = new Hono<Bindings>().basePath('/bigquery/v2/projects/:project{[a-z][a-z0-9-]+}')

  const scopes = ['bigquery', 'bigquery.insertdata', 'cloud-platform']
  const admit = admitter({ verify, visits, scopes })

  const found = (project: string, job: string) => {
    const known = jobs.get(job)
    if (!known) throw new GoogleRefusal(404, 'NOT_FOUND', `Not found: Job ${project}:${job}`)
    return known
  }

  app.get('/datasets', async (c) => {
    const projectId = c.req.param('project')!
    await admit(c, `datasets.list ${projectId}`)
    const datasets = datasetsOf(projectId, tables.keys())
    return c.json({ kind: 'bigquery#datasetList', ...(datasets.length > 0 && { datasets }) })
  })

  app.post('/datasets/:dataset/tables/:table/insertAll', async (c) => {
    const { project, dataset, table } = c.req.param()
    const name = `${project}.${dataset}.${table}`
    await admit(c, `tabledata.insertAll ${name}`)
    const { rows = [] } = await body<{ rows?: { json: Row }[] }>(c)
    tables.set(name, [...(tables.get(name) ?? []), ...rows.map((row) => row.json)])
    return c.json({ kind: 'bigquery#tableDataInsertAllResponse' })
  })

  app.post('/queries', async (c) => {
    const project = c.req.param('project')!
    const statement = await body<Statement>(c)
    await admit(c, `jobs.query ${statement.query}`)
    const jobId = randomUUID()
    jobs.set(jobId, run(statement, project, tables))
    return c.json({ kind: 'bigquery#queryResponse', ...page(project, jobId, jobs.get(jobId)!, 0) })
  })

  // How `bq query` asks, and libraries that name the job themselves.
  app.post('/jobs', async (c) => {
    const project = c.req.param('project')!
    const { configuration, jobReference } = await body<JobResource>(c)
    await admit(c, `jobs.insert ${configuration.query.query}`)
    const jobId = jobReference?.jobId ?? randomUUID()
    const job = run(configuration.query, project, tables)
    jobs.set(jobId, job)
    return c.json(described(project, jobId, job))
  })

  // Google's libraries for Java and Python ask for the job wherever there is a second page.
  app.get('/jobs/:job', async (c) => {
    const { project, job } = c.req.param() as { project: string; job: string }
    await admit(c, 'jobs.get')
    return c.json(described(project, job, found(project, job)))
  })

  app.get('/queries/:job', async (c) => {
    const { project, job } = c.req.param() as { project: string; job: string }
    await admit(c, 'jobs.getQueryResults')
    const from = Number(c.req.query('pageToken') ?? 0)
    const rows = page(project, job, found(project, job), from)
    return c.json({ kind: 'bigquery#getQueryResultsResponse', ...rows })
  })

  app.onError(answerRefusal)
  return { ...(await serveApp(app, place)), ...visits, tables }
}

/** What was sent as JSON, compressed where the client does so: Google's library for Java does. */
async function body<Content>({ req }: Context<Bindings>): Promise<Content> {
  const sent = Buffer.from(await req.arrayBuffer())
  const plain = req.header('content-encoding') === 'gzip' ? gunzipSync(sent) : sent
  return JSON.parse(plain.toString()) as Content
}

/** A dataset is here as soon as it has a table. */
function datasetsOf(projectId: string, tables: Iterable<string>) {
  const names = [...tables].map((table) => table.split('.')).filter(([project]) => project === projectId)
  return [...new Set(names.map(([, dataset]) => dataset))].map((datasetId) => ({
    kind: 'bigquery#dataset',
    id: `${projectId}:${datasetId}`,
    datasetReference: { projectId, datasetId },
  }))
}

/**
 * All the SQL there is: `SELECT a, b FROM dataset.table WHERE a = @name`, the table's name with or without project and
 * backticks, the condition or none.
 */
function run(statement: Statement, project: string, tables: ReadonlyMap<string, readonly Row[]>): Job {
  const { query, queryParameters = [] } = statement
  const [, list, from, column, parameter] = select.exec(query) ?? []
  if (!list || !from) throw new GoogleRefusal(400, 'INVALID_ARGUMENT', `This BigQuery cannot read: ${query}`)
  const parts = from.replaceAll('`', '').split('.')
  const name = parts.length === 3 ? parts.join('.') : [project, ...parts].join('.')
  const rows = tables.get(name)
  if (!rows) throw new GoogleRefusal(404, 'NOT_FOUND', `Not found: Table ${name}`)
  const wanted = queryParameters.find((each) => each.name === parameter)?.parameterValue.value
  const found = column === undefined ? rows : rows.filter((row) => cell(row[column]) === wanted)
  return { query, columns: list.split(',').map((each) => each.trim()), rows: found }
}

const select = /^\s*SELECT\s+([\w\s,]+?)\s+FROM\s+([\w.`-]+)(?:\s+WHERE\s+(\w+)\s*=\s*@(\w+))?\s*;?\s*$/i

function described(projectId: string, jobId: string, { query }: Job) {
  return {
    kind: 'bigquery#job',
    id: `${projectId}:US.${jobId}`,
    jobReference: { projectId, jobId, location: 'US' },
    status: { state: 'DONE' },
    configuration: { jobType: 'QUERY', query: { query, useLegacySql: false } },
    statistics: { query: { statementType: 'SELECT' } },
  }
}

function page(projectId: string, jobId: string, { columns, rows }: Job, from: number) {
  const end = from + pageRows
  return {
    jobComplete: true,
    jobReference: { projectId, jobId, location: 'US' },
    schema: { fields: columns.map((name) => ({ name, type: typeOf(rows[0]?.[name]), mode: 'NULLABLE' })) },
    totalRows: String(rows.length),
    rows: rows.slice(from, end).map((row) => ({ f: columns.map((name) => ({ v: cell(row[name]) })) })),
    ...(end < rows.length && { pageToken: String(end) }),
  }
}

function typeOf(value: unknown): string {
  if (typeof value === 'boolean') return 'BOOLEAN'
  if (typeof value === 'number') return Number.isInteger(value) ? 'INTEGER' : 'FLOAT'
  return 'STRING'
}

const cell = (value: unknown) => (value === undefined || value === null ? null : String(value))
