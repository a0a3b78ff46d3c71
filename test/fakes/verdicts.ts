import { MayflyError } from '../../src/errors.ts'
import type { VerifyAws, VerifyBearer } from './service.ts'

// What a test of a fake lets its verification say.

export const account = '111122223333'
/** Anybody. */
export const admitted: VerifyAws = () => ({
  type: 'aws',
  arn: `arn:aws:sts::${account}:assumed-role/uploader/pod`,
  account,
  userId: 'AROAEXAMPLE:pod',
  credential: 'role-session',
})
/** Nobody, by this code. */
export const refusedWith =
  (
    code: 'REQUEST_CREDENTIAL_EXPIRED' | 'REQUEST_SIGNATURE' | 'REQUEST_CREDENTIAL',
  ): VerifyAws & VerifyBearer =>
  () => {
    throw new MayflyError(code, { message: 'refused' })
  }

export const scope = (name: string) => `https://www.googleapis.com/auth/${name}`
/** Anybody, as the holder of these scopes. */
export const bearer =
  (scopes: readonly string[]): VerifyBearer =>
  () => ({
    type: 'google',
    principal: { type: 'service-account', email: 'loader@acme.iam.gserviceaccount.com' },
    scopes,
    expiresAtMs: Number.MAX_SAFE_INTEGER,
  })
