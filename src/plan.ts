import type { ProofKind } from './proof.ts'

/** Exchange at AWS STS: `AssumeRoleWithWebIdentity` from a JWT, `AssumeRole` from AWS credentials. */
export interface AwsStep {
  readonly to: 'aws'
  readonly role: string
  /** 2 to 64 characters of `[\w+=,.@-]`. */
  readonly sessionName: string
  /** Absent: the source's region, and the global endpoint where it has none. */
  readonly region?: string
  /** 900 to 43200; absent: the role's default of one hour. */
  readonly durationSeconds?: number
  readonly externalId?: string
  /** The audience to ask the source for; absent: the cloud's usual one. */
  readonly audience?: string
  /** In place of `https://sts.<region>.amazonaws.com`. */
  readonly endpoint?: string
}

/** Exchange at Google STS, and impersonation of a service account where one is named. */
export interface GoogleStep {
  readonly to: 'google'
  /** `//iam.googleapis.com/projects/N/locations/global/workloadIdentityPools/P/providers/Q` */
  readonly provider: string
  readonly scopes: readonly string[]
  readonly tokenUrl: string
  readonly impersonation?: {
    readonly email: string
    /** Ends in `:generateAccessToken`. */
    readonly url: string
    readonly lifetimeSeconds?: number
  }
  /** The audience to ask the source for; absent: the cloud's usual one. */
  readonly audience?: string
  /** Region whose STS the GetCallerIdentity proof is signed for; absent: the source's. */
  readonly region?: string
  readonly subjectTokenType?: string
}

/** One exchange of a chain. */
export type Step = AwsStep | GoogleStep
export type Cloud = Step['to']

/** Where the proof comes from. No name: the first source that is seen here. */
export interface SourceChoice {
  /** As `sources/index.ts` lists them: `ecs`, `kubernetes`, … */
  readonly name?: string
  /** Without a name: only sources that give this kind of proof. An external_account JSON of the AWS form takes no JWT. */
  readonly gives?: ProofKind
  /** The file that holds the token, for `token-file` and `kubernetes`. */
  readonly file?: string
  /** The member that holds the token, where the file is JSON. */
  readonly field?: string
  /** The variable that holds the token, for `gitlab-ci`. */
  readonly variable?: string
}

export const deliveryNames = ['ecs', 'gce', 'env', 'credential-process'] as const
export type DeliveryName = (typeof deliveryNames)[number]

/** One credential that was asked for: where its proof comes from, what it is exchanged for, how it is delivered. */
export interface CredentialPlan {
  readonly name: string
  readonly from: SourceChoice
  /** At least one; each takes what the one before it gave. */
  readonly steps: readonly [Step, ...Step[]]
  readonly deliveries: readonly DeliveryName[]
  /** The region that the program is told of (`AWS_REGION`); absent: the source's. */
  readonly region?: string
  /** The Google Cloud project that the program is told of. */
  readonly project?: string
  /** What asked for this (`mayfly.yaml`, `GOOGLE_APPLICATION_CREDENTIALS=/app/wif.json`), for messages. */
  readonly origin: string
}
