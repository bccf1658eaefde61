// The parts of the program: how each is, since when, why, and a way to start it anew.

import { createMemo, createSignal, For, onCleanup, Show, type JSX } from "solid-js"
import { post } from "../wire/api.ts"
import type { Part, State } from "../wire/events.ts"
import { many } from "./describe.ts"
import { useModel } from "./model.ts"
import { Panel } from "./panel.tsx"
import { clockTime, parse, span, wholeTime } from "./time.ts"

const worst: State[] = ["failed", "degraded", "stopped", "waiting", "starting", "running"]
const askMS = 6_000
const saidMS = 4_000
const quietMS = 60_000

function PartRow(props: { part: Part }): JSX.Element {
  const model = useModel()
  const [step, setStep] = createSignal<"idle" | "ask" | "busy" | "done">("idle")
  const [answer, setAnswer] = createSignal("")
  let timer: ReturnType<typeof setTimeout> | undefined
  const later = (ms: number) => {
    clearTimeout(timer)
    timer = setTimeout(() => setStep("idle"), ms)
  }
  onCleanup(() => clearTimeout(timer))
  const ask = () => {
    setStep("ask")
    later(askMS)
  }
  const restart = async () => {
    clearTimeout(timer)
    setStep("busy")
    try {
      await post(`/api/parts/${encodeURIComponent(props.part.name)}/restart`)
      setAnswer("restarting")
    } catch (e) {
      setAnswer((e as Error).message)
    }
    setStep("done")
    later(saidMS)
  }
  const since = () => parse(props.part.since)
  const fresh = () => parse(props.part.fresh)
  // A part that runs and hears says nothing more: silence is what deserves a word.
  const silent = () => !Number.isNaN(fresh()) && (props.part.state !== "running" || model.now() - fresh() > quietMS)
  return (
    <li class="part" data-state={props.part.state} data-part={props.part.name}>
      <span class="part-name">{props.part.name}</span>
      <span class="part-state" title={wholeTime(since())}>
        {props.part.state}<Show when={!Number.isNaN(since())}><span class="quiet"> {span(model.now() - since())}</span></Show>
      </span>
      <span class="part-action">
        <Show when={step() === "idle"}>
          <button type="button" class="small" disabled={!model.connected()} onClick={ask} aria-label={`Restart ${props.part.name}`}>Restart</button>
        </Show>
        <Show when={step() === "ask"}>
          <button type="button" class="small" data-kind="do" disabled={!model.connected()} ref={b => queueMicrotask(() => b.focus())} onClick={() => void restart()}>Restart {props.part.name}</button>
          <button type="button" class="small" onClick={() => setStep("idle")}>Keep</button>
        </Show>
        <Show when={step() === "busy" || step() === "done"}><span class="quiet" role="status">{step() === "busy" ? "asking…" : answer()}</span></Show>
      </span>
      <Show when={props.part.reason}><p class="part-reason">{props.part.reason}</p></Show>
      <p class="part-facts quiet">
        <Show when={silent()}><span title={wholeTime(fresh())}>{model.now() - fresh() < 5_000 ? "heard just now" : `heard ${span(model.now() - fresh())} ago`}</span></Show>
        <Show when={props.part.restarts > 0}><span>{many(props.part.restarts, "restart")}</span></Show>
      </p>
      <Show when={props.part.last_error}>
        <p class="part-error" title={wholeTime(parse(props.part.last_error_at))}>
          <Show when={!Number.isNaN(parse(props.part.last_error_at))}><time>{clockTime(parse(props.part.last_error_at), model.today())}</time> </Show>
          {props.part.last_error}
        </p>
      </Show>
    </li>
  )
}

export function Parts(): JSX.Element {
  const model = useModel()
  const sorted = createMemo(() => [...model.state.parts].sort((a, b) => worst.indexOf(a.state) - worst.indexOf(b.state) || a.name.localeCompare(b.name)))
  const note = () => {
    if (!model.known()) return undefined
    const bad = model.state.parts.filter(p => p.state === "failed" || p.state === "degraded").length
    return bad > 0 ? `${many(bad, "part needs", "parts need")} you` : "all well"
  }
  return (
    <Panel name="parts" title="Parts" note={note()}>
      <div class="scroll" data-stale={!model.connected()}>
        <ul class="parts"><For each={sorted()}>{part => <PartRow part={part} />}</For></ul>
        <Show when={sorted().length === 0}><div class="empty">{model.known() ? "No parts have reported." : "Connecting…"}</div></Show>
      </div>
    </Panel>
  )
}
