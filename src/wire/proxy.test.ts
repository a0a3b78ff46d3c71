import assert from 'node:assert/strict'
import { test } from 'node:test'
import { proxyFor } from './proxy.ts'

const proxied = (url: string, env: Record<string, string>) => proxyFor(new URL(url), env)?.href

test('the proxy comes from https_proxy or HTTPS_PROXY, with or without a scheme', () => {
  const url = 'https://sts.googleapis.com/v1/token'
  assert.equal(proxied(url, { HTTPS_PROXY: 'http://proxy:3128' }), 'http://proxy:3128/')
  assert.equal(proxied(url, { https_proxy: 'proxy:3128', HTTPS_PROXY: 'http://other' }), 'http://proxy:3128/')
  assert.equal(proxied(url, { HTTP_PROXY: 'http://proxy' }), undefined)
  assert.equal(proxied(url, { HTTPS_PROXY: '' }), undefined)
})

test('this machine and the metadata addresses are never asked through a proxy', () => {
  for (const host of ['localhost', '127.0.0.1', '[::1]', 'a.localhost', '169.254.169.254', '[fd00:ec2::23]'])
    assert.equal(proxied(`https://${host}/`, { HTTPS_PROXY: 'http://proxy' }), undefined, host)
})

test('NO_PROXY exempts names with all that is under them, addresses and ranges', () => {
  const rows: [noProxy: string, url: string, exempt: boolean][] = [
    ['*', 'https://a.example/', true],
    ['a.example', 'https://a.example/', true],
    ['a.example', 'https://sts.a.example/', true],
    ['.a.example', 'https://sts.a.example/', true],
    ['*.a.example', 'https://sts.A.example./', true],
    ['A.EXAMPLE', 'https://a.example/', true],
    ['a.example', 'https://ba.example/', false],
    ['x, a.example ,y', 'https://a.example/', true],
    ['a.example:443', 'https://a.example/', true],
    ['a.example:8443', 'https://a.example/', false],
    ['a.example:8443', 'https://a.example:8443/', true],
    ['10.0.0.1', 'https://10.0.0.1/', true],
    ['10.0.0.0/8', 'https://10.1.2.3/', true],
    ['10.0.0.0/8', 'https://11.1.2.3/', false],
    ['10.0.0.0/99', 'https://10.0.0.0/', false],
    ['10.0.0.0/8', 'https://a.example/', false],
    ['0.1', 'https://10.0.0.1/', false],
    ['2001:db8::1', 'https://[2001:db8::1]/', true],
    ['[2001:db8::1]:443', 'https://[2001:db8::1]/', true],
    ['2001:db8::/32', 'https://[2001:db8::9]/', true],
    ['', 'https://a.example/', false],
  ]
  for (const [noProxy, url, exempt] of rows) {
    const proxy = proxied(url, { HTTPS_PROXY: 'http://proxy', NO_PROXY: noProxy })
    assert.equal(proxy === undefined, exempt, `${noProxy} for ${url}`)
  }
})
