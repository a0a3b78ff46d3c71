// Verifies tokens by jose: for each line of JSON on standard input (`issuer`, `audience`, `token`) one on standard output.
import { createInterface } from 'node:readline'
import { createRemoteJWKSet, jwtVerify } from 'jose'

for await (const line of createInterface({ input: process.stdin }))
  console.log(JSON.stringify(await verify(JSON.parse(line))))

async function verify({ issuer, audience, token }) {
  try {
    const discovery = `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`
    const metadata = await (await fetch(discovery)).json()
    const keys = createRemoteJWKSet(new URL(metadata.jwks_uri))
    const { payload } = await jwtVerify(token, keys, { issuer: metadata.issuer, audience })
    return { ok: true, subject: payload.sub }
  } catch (error) {
    return { ok: false, why: `${error.code}: ${error.message}` }
  }
}
