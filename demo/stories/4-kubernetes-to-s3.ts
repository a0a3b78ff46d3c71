import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type Cloud, region, roleArn } from '../../test/fakes/cloud.ts'
import {
  hold,
  lines,
  type Story,
  showExchanges,
  showProof,
  showRefusal,
  tell,
  underMayfly,
  workload,
} from '../story.ts'

const program = ['node', workload('upload-picture')]

export const kubernetesToS3: Story = {
  name: 'Kubernetes to S3',
  title: 'A pod of Kubernetes, on a cluster that is not EKS, stores pictures in S3',

  async play(stage) {
    const { cloud, screen } = stage
    const { env, claims } = await pod(cloud, 'uploader')
    screen.row('has', 'its ServiceAccount’s token in a projected volume:')
    showProof(stage, claims, ['iss', 'sub', 'aud'])
    const told = await tell(stage, underMayfly(...program), env)
    hold(told.code === 0, told.err)
    showExchanges(stage, told)
    screen.row('calls', ...lines(told.out))
    const [put, get] = cloud.s3.seen.slice(-2)
    hold(put?.call === 'PutObject pictures/pets/cat.svg', 'S3 saw no PutObject')
    hold(get?.call === 'GetObject pictures/pets/cat.svg', 'S3 saw no GetObject')
    screen.row('seen as', `${put.identity.arn}, by S3`)
    screen.line()

    screen.row('but', 'a pod of another ServiceAccount, viewer, asks for the same role')
    const other = await pod(cloud, 'viewer')
    const record = showRefusal(stage, await tell(stage, underMayfly(...program), other.env))
    hold(record.code === 'TRUST_DENIED', `refused for ${record.code}`)
    return { ran: '@aws-sdk/client-s3', allowed: 'PutObject, GetObject', refused: 'another ServiceAccount' }
  },

  async byHand(cloud) {
    const { env } = await pod(cloud, 'uploader')
    return { env, program: program.join(' ') }
  },
}

/** What EKS's webhook puts into a pod whose ServiceAccount is annotated: a token, its file, two variables. */
async function pod(cloud: Cloud, serviceaccount: string) {
  const { token, claims } = cloud.issue('https://kubernetes.example', {
    inputs: { namespace: 'shop', serviceaccount },
    audience: ['sts.amazonaws.com'],
  })
  const file = join(cloud.home, `${serviceaccount}-token`)
  await writeFile(file, token.reveal(), { mode: 0o600 })
  const env = {
    ...cloud.env,
    AWS_REGION: region,
    KUBERNETES_SERVICE_HOST: '10.96.0.1',
    AWS_ROLE_ARN: roleArn('uploader'),
    AWS_WEB_IDENTITY_TOKEN_FILE: file,
  }
  return { env, claims }
}
