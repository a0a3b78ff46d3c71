import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { MayflyError } from '../errors.ts'

/** The port that a server listens on from now on. @throws SERVER_ADDRESS when it cannot */
export function listen(server: Server, port: number, host: string): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) => {
      const taken = cause.code === 'EADDRINUSE'
      reject(
        new MayflyError('SERVER_ADDRESS', {
          message: taken
            ? `another program listens on ${host}:${port} already`
            : `cannot listen on ${host}:${port} (${cause.code})`,
          values: { host, port, code: cause.code },
          cause,
          ...(taken && { hint: 'Choose another port with --port; 0 takes one that is free.' }),
        }),
      )
    })
    server.listen(port, host, () => resolve((server.address() as AddressInfo).port))
  })
}
