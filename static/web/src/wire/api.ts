// The HTTP API: every answer is {success, data} or {success, error}.

import { WireError } from "./socket.ts"

export type Params = Record<string, string | number | boolean | readonly string[] | undefined>

const timeoutMS = 10_000

/** Asks and gives the data of the answer, or a WireError: "not_connected" when nobody answers. */
export function get<T>(path: string, params: Params = {}, signal?: AbortSignal): Promise<T> {
  const query = new URLSearchParams()
  for (const [key, value] of Object.entries(params)) {
    if (value === undefined || value === "") continue
    if (Array.isArray(value)) for (const v of value) query.append(key, v)
    else query.set(key, String(value))
  }
  const search = query.toString()
  return ask<T>(search ? `${path}?${search}` : path, {}, signal)
}

/** Tells the program to do something and gives the data of its answer, or a WireError. It is never tried again. */
export function post<T>(path: string, body: object = {}, withinMS = timeoutMS): Promise<T> {
  return tell<T>("POST", path, body, withinMS)
}

/** Puts something in the place of what was, as post does. */
export function put<T>(path: string, body: object): Promise<T> {
  return tell<T>("PUT", path, body, timeoutMS)
}

function tell<T>(method: string, path: string, body: object, withinMS: number): Promise<T> {
  return ask<T>(path, { method, headers: { "content-type": "application/json" }, body: JSON.stringify(body) }, undefined, withinMS)
}

async function ask<T>(url: string, init: RequestInit, signal?: AbortSignal, withinMS = timeoutMS): Promise<T> {
  const late = AbortSignal.timeout(withinMS)
  const abort = new AbortController()
  for (const s of [late, signal]) s?.addEventListener("abort", () => abort.abort(), { once: true })
  if (signal?.aborted) abort.abort()
  let response: Response
  let body: any
  try {
    response = await fetch(url, { ...init, signal: abort.signal })
    body = await response.json()
  } catch (cause) {
    if (signal?.aborted) throw cause
    throw late.aborted
      ? new WireError("timeout", `no answer in ${withinMS / 1000} s`)
      : new WireError("not_connected", "Landale did not answer")
  }
  if (response.ok && body?.success === true) return body.data as T
  const e = body?.error ?? {}
  throw new WireError(e.code ?? "api_error", e.message ?? `the answer was ${response.status}`, e.details)
}
