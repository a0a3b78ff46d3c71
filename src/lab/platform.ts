import type { IssuerDocument, TrustDocument } from '../registry/documents.ts'
import type { Sts } from '../sts/sts.ts'
import type { FetchApp } from '../wire/loopback.ts'
import type { Clock, Environment } from '../world.ts'

/** Where a workload is made to believe that it runs. */
export const platformNames = ['ecs', 'ecs-ec2', 'ec2', 'eks', 'gce', 'github', 'gitlab', 'none'] as const
export type PlatformName = (typeof platformNames)[number]

/** The link-local addresses at which clouds tell a workload who it is: EC2 and Compute Engine, ECS, EKS Pod Identity. */
export const metadataAddresses = ['169.254.169.254', '169.254.170.2', '169.254.170.23'] as const
export type MetadataAddress = (typeof metadataAddresses)[number]

/** What is said of the workload, as far as its platform can use it. */
export interface Described {
  readonly region: string
  /** ARN, or `none` for a task without a task role. */
  readonly role?: string
  /** E-mail address. */
  readonly serviceAccount?: string
  /** As `mayfly issue SHAPE NAME=VALUE` takes them. */
  readonly claims: Readonly<Record<string, string>>
  readonly audience: readonly string[]
  /** The audiences of GitLab's ID tokens, by the variable that holds the token. */
  readonly idTokens: Readonly<Record<string, readonly string[]>>
}

/** Where a platform's workloads can be. */
export interface Regions {
  /** Where nothing else is said. */
  readonly usual: string
  /** What every name of one fits. */
  readonly form: RegExp
}

/** @see https://docs.aws.amazon.com/global-infrastructure/latest/regions/aws-regions.html */
export const awsRegions: Regions = { usual: 'eu-west-1', form: /^[a-z]{2,4}(-[a-z]+)+-\d{1,2}$/ }

/** What a platform plays its part with. */
export interface Stage {
  readonly workload: Described
  /** With the platform's own issuer in it. */
  readonly trust: TrustDocument
  readonly sts: Sts
  readonly clock: Clock
  /** The platform's own, where it names one. */
  readonly issuer?: IssuerDocument
}

/** A platform as its workload sees it. */
export interface Site {
  /** The variables that it sets, under the names that it gives them. */
  readonly env: Environment
  /** What answers at which address, over plain HTTP. The others are absent. */
  readonly metadata?: Readonly<Partial<Record<MetadataAddress, FetchApp>>>
  /** What answers at which host name besides the token service, over HTTPS. */
  readonly hosts?: Readonly<Record<string, FetchApp>>
  /** Host names that lead to other addresses than the gateway's. */
  readonly names?: Readonly<Record<string, string>>
  /** What it puts into files. */
  readonly files?: readonly SiteFile[]
}

export interface SiteFile {
  /** Below /run, which is the box's own. */
  readonly path: string
  /** What is in it now, and for how long before it is written anew. */
  content(): { readonly text: string; readonly lastsMs: number }
}

/** One platform, in a file of its name. */
export interface Platform {
  readonly name: PlatformName
  /** One line for the help. */
  readonly summary: string
  /** What of its description it goes by. Whatever else is said of a workload has no effect. */
  readonly takes: readonly (keyof Described)[]
  /** Default: those of AWS. */
  readonly regions?: Regions
  /** Who signs its workloads' tokens: added to our issuers where the trust does not have it. @throws LAB_ROLE */
  issuer?(workload: Described, trust: TrustDocument): IssuerDocument | undefined
  /** @throws LAB_ROLE, COMMAND_USAGE */
  open(stage: Stage): Promise<Site>
}
