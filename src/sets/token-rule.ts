/** One kind of token, to be let in: all of these, and nothing else. */
export interface TokenRule {
  readonly issuer: string
  readonly subject: string
  readonly audience: string
  /** More claims by their names, and the text that each has to be. */
  readonly claims: Readonly<Record<string, string>>
}

/** What a document is to be made for. */
export interface RenderSetting {
  /** The AWS account, twelve digits. */
  readonly account: string
  /** `projects/NUMBER/locations/global/workloadIdentityPools/POOL/providers/ID` */
  readonly provider: string
}

/** Of a rule, what a cloud has no words for. To leave it out would let others in. */
export interface Inexpressible {
  /** `claim ref` */
  readonly what: string
  readonly why: string
}

/** How one cloud writes a rule. */
export interface Renderer {
  /** What of the rule it cannot say. */
  lacks(rule: TokenRule, setting: RenderSetting): readonly Inexpressible[]
  /** The document, as the vendor's own tools take it. */
  document(rule: TokenRule, setting: RenderSetting): object
}
