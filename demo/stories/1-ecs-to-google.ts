import { googleCredentials } from '../../test/fakes/cloud.ts'
import { hold, lines, type Story, showExchanges, showRefusal, tell, underMayfly, workload } from '../story.ts'

const program = ['node', workload('orders-service')]

export const ecsToGoogle: Story = {
  name: 'ECS to Google Cloud',
  title: 'A service on AWS ECS calls Google Cloud',

  async play(stage) {
    const { cloud, screen } = stage
    cloud.bigquery.tables.set('acme.sales.orders', [
      { id: 1, item: 'lamp' },
      { id: 2, item: 'desk' },
    ])
    const { env, agent } = await container(cloud, 'loader-task')

    screen.row('has', 'the credential file that gcloud wrote, unchanged: demo/google-credentials.json')
    const without = await tell(stage, program, env)
    hold(without.code !== 0, 'the program is authorised without Mayfly')
    const asked = /url: (http:\/\/169\.254\.169\.254\S*?),/.exec(without.err)?.[1]
    hold(asked !== undefined, `the program fails for another reason:\n${without.err}`)
    screen.row(
      'fails',
      `its library asked ${asked}`,
      'and here, as in a container of ECS, nothing answers at that address',
    )
    screen.line()

    const told = await tell(stage, underMayfly(...program), env)
    hold(told.code === 0, told.err)
    const arn = told.allowed.find((each) => each.action === 'TokenExchange')?.who?.arn
    screen.row('proves', `it is ${arn}`, `by the task role’s credentials of the ECS agent, ${agent.url}`)
    showExchanges(stage, told)
    screen.row('calls', ...lines(told.out))
    const seen = cloud.bigquery.seen.at(-1)
    hold(seen?.identity.principal.type === 'service-account', 'BigQuery saw nobody')
    screen.row('seen as', `${seen.identity.principal.email}, by BigQuery`)
    screen.line()

    const other = await container(cloud, 'reports-task')
    screen.row('but', 'the same container with another team’s task role, reports-task')
    const refused = await tell(stage, underMayfly(...program), other.env)
    const record = showRefusal(stage, refused)
    hold(record.action === 'GenerateAccessToken', `refused at ${record.action}`)
    return { ran: 'google-auth-library', allowed: 'BigQuery jobs.query', refused: 'another task role' }
  },

  async byHand(cloud) {
    const { env } = await container(cloud, 'loader-task')
    return { env, program: program.join(' ') }
  },
}

async function container(cloud: Parameters<Story['byHand']>[0], taskRole: string) {
  const agent = await cloud.ecs(taskRole)
  const env = { ...cloud.env, ...agent.withTaskRole, GOOGLE_APPLICATION_CREDENTIALS: googleCredentials }
  return { agent, env }
}
