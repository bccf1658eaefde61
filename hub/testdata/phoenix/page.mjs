// A page as a browser runs it, on the real phoenix client: joins a topic with
// where it was, says what it sees one JSON line at a time, and takes commands
// from standard input in the same way.
//
//   node --experimental-websocket page.mjs PHOENIX_MODULE SOCKET_URL
import { createInterface } from 'node:readline'

const [modulePath, url] = process.argv.slice(2)
const { Socket } = await import(modulePath)
const say = (message) => console.log(JSON.stringify(message))

// Node 20 says "error" and no "close" when a connection is refused; a browser says both, and the client waits for the
// second.
class BrowserWebSocket extends WebSocket {
  constructor(...args) {
    super(...args)
    let closed = false
    this.addEventListener('close', () => (closed = true))
    this.addEventListener('error', () => {
      setTimeout(() => {
        if (!closed) this.dispatchEvent(Object.assign(new Event('close'), { code: 1006 }))
      })
    })
  }
}

const socket = new Socket(url, {
  transport: BrowserWebSocket,
  params: { page: 'test', environment: 'development', build: 'b1' },
  reconnectAfterMs: () => 20,
  rejoinAfterMs: () => 20,
  heartbeatIntervalMs: 200,
})
socket.onOpen(() => say({ open: true }))
socket.onClose((event) => say({ closed: event.code }))
socket.connect()

let epoch, since
const channel = socket.channel('events:operator', () => ({ epoch, since, batch: true }))
channel.on('events', ({ events }) => {
  for (const event of events) {
    since = event.seq
    say({ seq: event.seq })
  }
})
channel
  .join()
  .receive('ok', ({ data }) => {
    epoch = data.epoch
    if (!data.resumed) since = data.seq
    say({ joined: data })
  })
  .receive('error', (response) => say({ refused: response }))

const refused = socket.channel('events:nothing', {})
refused
  .join()
  .receive('error', ({ reason, error }) => {
    say({ refused: error.code, reason })
    refused.leave()
  })

for await (const line of createInterface({ input: process.stdin })) {
  const { push, payload, leave } = JSON.parse(line)
  if (leave) {
    channel.leave().receive('ok', () => say({ left: true }))
    continue
  }
  channel
    .push(push, payload)
    .receive('ok', (response) => say({ push, ok: response.data }))
    .receive('error', ({ error }) => say({ push, error: error.code, details: error.details }))
    .receive('timeout', () => say({ push, timeout: true }))
}
socket.disconnect(() => process.exit(0))
