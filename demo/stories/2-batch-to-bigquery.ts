import { type Cloud, googleCredentials } from '../../test/fakes/cloud.ts'
import { hold, lines, type Story, showExchanges, tell, underMayfly, workload } from '../story.ts'

const program = ['node', workload('load-orders')]
// More than the start of Node.js, less than any time-out.
const atOnceMs = 5_000

export const batchToBigQuery: Story = {
  name: 'AWS Batch to BigQuery',
  title: 'A batch job on AWS Batch (Fargate) loads rows into BigQuery',

  async play(stage) {
    const { cloud, screen } = stage
    const { withJobRole, withExecutionRoleOnly } = await job(cloud)
    screen.row('note', 'the report’s program is in Go; the Node.js client of the same API stands for it here')
    screen.row('has', 'a job role (loader-task), and the same credential file')
    const told = await tell(stage, underMayfly(...program), withJobRole)
    hold(told.code === 0, told.err)
    showExchanges(stage, told)
    screen.row('calls', ...lines(told.out))
    const calls = cloud.bigquery.seen.map(({ call }) => call.split(' ', 1)[0])
    hold(calls.includes('tabledata.insertAll'), 'BigQuery saw no insert')
    hold(told.out.includes('read back lamp, desk, chair'), 'the rows did not come back')
    const seen = cloud.bigquery.seen.at(-1)!.identity.principal
    hold(seen.type === 'service-account', 'BigQuery saw no service account')
    screen.row('seen as', `${seen.email}, by BigQuery`)
    screen.line()

    screen.row('but', 'the job has an execution role only, which is what the author of the report fell for')
    const refused = await tell(stage, underMayfly(...program), withExecutionRoleOnly)
    screen.row('hears', ...lines(refused.err), `after ${(refused.ms / 1000).toFixed(1)} s`)
    hold(refused.code === 1, 'a job without a job role ran')
    hold(refused.err.includes('jobRoleArn'), 'the answer does not name the missing role')
    hold(refused.ms < atOnceMs, 'the answer did not come at once')
    return { ran: '@google-cloud/bigquery', allowed: 'insert, query', refused: 'execution role only' }
  },

  async byHand(cloud) {
    const { withJobRole } = await job(cloud)
    return { env: withJobRole, program: program.join(' ') }
  },
}

async function job(cloud: Cloud) {
  const agent = await cloud.ecs('loader-task')
  const common = {
    ...cloud.env,
    AWS_BATCH_JOB_ID: 'f1b0c3de-4e2f-4d4f-8a0c-7d1e8c3c5b11',
    AWS_BATCH_JQ_NAME: 'loaders',
    GOOGLE_APPLICATION_CREDENTIALS: googleCredentials,
  }
  return {
    withJobRole: { ...common, ...agent.withTaskRole },
    withExecutionRoleOnly: { ...common, ...agent.withoutTaskRole },
  }
}
