// The parts of the phoenix client that wire/socket.ts uses. `pageHidden`, `handleVisibilityChange` and `sendBuffer` are
// internal to it: the version is pinned, and test/socket.test.ts fails when one of them goes.
declare module "phoenix" {
  export interface Push {
    receive(status: "ok" | "error" | "timeout", callback: (response: any) => void): Push
  }

  export interface Channel {
    readonly topic: string
    state: "closed" | "errored" | "joined" | "joining" | "leaving"
    pushBuffer: unknown[]
    onMessage: (event: string, payload: any, ref?: string, joinRef?: string) => any
    join(timeout?: number): Push
    leave(timeout?: number): Push
    push(event: string, payload: object, timeout?: number): Push
    onClose(callback: () => void): void
    onError(callback: (reason: unknown) => void): void
  }

  export interface SocketOptions {
    vsn: string
    timeout: number
    params: () => Record<string, string>
    heartbeatIntervalMs: number
    reconnectAfterMs: (tries: number) => number
    rejoinAfterMs: (tries: number) => number
    transport?: unknown
  }

  export class Socket {
    constructor(endPoint: string, options: Partial<SocketOptions>)
    protected sendBuffer: unknown[]
    get pageHidden(): boolean
    handleVisibilityChange(): void
    connect(): void
    disconnect(callback?: () => void, code?: number, reason?: string): void
    isConnected(): boolean
    onMessage(callback: (message: { topic: string; event: string; payload: unknown }) => void): unknown
    connectionState(): "connecting" | "open" | "closing" | "closed"
    channel(topic: string, params?: object | (() => object)): Channel
    ping(callback: (ms: number) => void): boolean
    onOpen(callback: () => void): string
    onClose(callback: (event: CloseEvent) => void): string
    onError(callback: (error: unknown) => void): string
    onMessage(callback: (message: { topic: string; event: string; payload: any; ref: string | null }) => void): string
  }
}
