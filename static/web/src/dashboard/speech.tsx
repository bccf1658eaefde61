// What is being said and what was, who listens and how well.

import { createEffect, createMemo, createSignal, For, Match, on, onCleanup, onMount, Show, Switch, type JSX } from "solid-js"
import { readLevels, share } from "../audio/levels.ts"
import { get, post } from "../wire/api.ts"
import type { AnyEvent, Hit, Stream } from "../wire/events.ts"
import { useModel } from "./model.ts"
import { Panel } from "./panel.tsx"
import { remembered } from "./remember.ts"
import { SpeechLine } from "./speech-line.tsx"
import { SpeechSetup } from "./speech-setup.tsx"
import { parted, sourceWords, speechDetails, spoken, type SourceStatus } from "./spoken.ts"
import { parse } from "./time.ts"

const backlog = 50
const shown = 200
const streams = 100
const debounceMS = 300
const meterMS = 1_000

const duration = (ms: number): string => (ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`)

// A meter moves thirty times a second, so it is moved by hand.
function SourceRow(props: { source: SourceStatus; meters: Map<string, HTMLElement> }): JSX.Element {
  let bar!: HTMLElement
  onMount(() => props.meters.set(props.source.name, bar))
  onCleanup(() => props.meters.get(props.source.name) === bar && props.meters.delete(props.source.name))
  return (
    <li class="source" data-state={props.source.state} title={props.source.device}>
      <bdi class="source-name">{props.source.name}</bdi>
      <span class="source-meter"><span ref={bar} /></span>
      <span class="source-state">{sourceWords(props.source)}</span>
    </li>
  )
}

export function Speech(props: { viewed: boolean }): JSX.Element {
  const model = useModel()
  const [view, setView] = remembered<"live" | "setup">("speech.view", "live", ["live", "setup"])
  const [words, setWords] = remembered<string>("speech.words", "", undefined, () => sessionStorage)
  const audio = createMemo(() => model.state.parts.find(p => p.name === "audio"))
  const details = createMemo(() => speechDetails(audio()?.details))

  // Levels are only asked for while somebody can see them.
  const wide = matchMedia("(min-width: 1180px)")
  const [roomy, setRoomy] = createSignal(wide.matches)
  const [awake, setAwake] = createSignal(document.visibilityState === "visible")
  const onWide = () => setRoomy(wide.matches)
  const onAwake = () => setAwake(document.visibilityState === "visible")
  wide.addEventListener("change", onWide)
  document.addEventListener("visibilitychange", onAwake)
  onCleanup(() => {
    wide.removeEventListener("change", onWide)
    document.removeEventListener("visibilitychange", onAwake)
  })
  const meters = new Map<string, HTMLElement>()
  const [levelled, setLevelled] = createSignal(false)
  createEffect(() => {
    setLevelled((props.viewed || roomy()) && awake() && (details().sources.length > 0 || levelled()))
  })
  createEffect(on(levelled, listen => {
    if (!listen) return
    const timers = new Map<string, ReturnType<typeof setTimeout>>()
    const level = (source: string, value: number) => { meters.get(source)?.style.setProperty("transform", `scaleX(${value.toFixed(3)})`) }
    const topic = model.wire.join("audio:levels", { pushes: { levels: payload => {
      const l = readLevels(payload)
      if (!l) return
      level(l.source, share(l.peak))
      clearTimeout(timers.get(l.source))
      timers.set(l.source, setTimeout(() => level(l.source, 0), meterMS))
    } } })
    onCleanup(() => {
      topic.leave()
      timers.forEach(clearTimeout)
    })
  }))

  // What the feed has, and what was said before it.
  const [earlier, setEarlier] = createSignal<AnyEvent[]>([])
  createEffect(on(model.connected, async connected => {
    if (!connected) return
    try {
      setEarlier(await get<AnyEvent[]>("/api/transcriptions", { limit: backlog }))
    } catch {
      // The feed says why what was before is not here.
    }
  }))
  // Chat changes the feed thirty times a second; only what was said changes the lines.
  const finals = createMemo(() => model.feed().filter(e => e.type === "transcription.final"), [], { equals: (a, b) => a.length === b.length && a[0] === b[0] })
  const lines = createMemo(() => {
    const known = new Set(finals().map(e => e.id))
    return new Map(spoken([...finals(), ...earlier().filter(e => !known.has(e.id))]).slice(0, shown).map(l => [l.key, l]))
  })

  const [hits, setHits] = createSignal<Hit[]>([])
  const [note, setNote] = createSignal("")
  const searching = () => words().trim() !== ""
  createEffect(on(() => [words().trim(), model.connected()] as const, ([q, connected]) => {
    if (q === "" || !connected) return
    const abort = new AbortController()
    setNote("Searching…")
    const timer = setTimeout(async () => {
      try {
        const found = await get<{ hits: Hit[] }>("/api/transcriptions/search", { q, limit: 50 }, abort.signal)
        setHits(found.hits)
        setNote(found.hits.length === 0 ? "Nobody said that." : "")
      } catch (e) {
        if (!abort.signal.aborted) setNote(`The search did not work: ${(e as Error).message}.`)
      }
    }, debounceMS)
    onCleanup(() => {
      clearTimeout(timer)
      abort.abort()
    })
  }))
  // When each broadcast began; asked for with the first search that finds one that is not known.
  const [begins, setBegins] = createSignal<ReadonlyMap<number, number>>(new Map())
  createEffect(on(hits, async found => {
    if (!found.some(h => h.stream && !begins().has(h.stream))) return
    const list = await get<Stream[]>("/api/streams", { limit: streams }).catch(() => [])
    setBegins(new Map(list.map(s => [s.id, parse(s.started_at)])))
  }))
  const began = (at: number, hit?: Hit): number | undefined => {
    const start = hit ? begins().get(hit.stream ?? 0) : parse(model.live()?.started_at)
    return start !== undefined && at >= start ? start : undefined
  }

  const [paused, setPaused] = createSignal(false)
  const [refusal, setRefusal] = createSignal("")
  createEffect(() => { if (details().paused !== undefined) setPaused(details().paused!) })
  const pause = async () => {
    try {
      const answer = await post<{ paused?: boolean }>("/api/speech/pause", { paused: !paused() })
      setPaused(answer.paused ?? !paused())
      setRefusal("")
    } catch (e) {
      setRefusal(`Captions cannot be paused now: ${(e as Error).message}.`)
    }
  }
  const speaking = () => !searching() && model.speaking()
  const many = () => details().sources.length > 1
  const reason = () => (audio() && audio()!.state !== "running" ? audio()!.reason : "")
  return (
    <Panel name="speech" title="Speech" note={details().engine || undefined} tools={
      <>
        <button type="button" class="chip" aria-pressed={paused()} disabled={!model.connected()} title="Whether what is said is recognised" onClick={() => void pause()}>{paused() ? "Paused · go on" : "Pause"}</button>
        <div class="segments" role="group" aria-label="Speech">
          <button type="button" class="segment" aria-pressed={view() === "live"} onClick={() => setView("live")}>Live</button>
          <button type="button" class="segment" aria-pressed={view() === "setup"} onClick={() => setView("setup")}>Setup</button>
        </div>
      </>
    }>
      <Show when={refusal()}><p class="note" data-kind="warn" role="alert">{refusal()}</p></Show>
      <ul class="sources" data-stale={!model.connected()}>
        <For each={details().sources.map(s => s.name)}>
          {name => <SourceRow source={details().sources.find(s => s.name === name) ?? { name, device: "", state: "", lag: 0, error: "" }} meters={meters} />}
        </For>
      </ul>
      <Switch>
        <Match when={view() === "setup"}><SpeechSetup details={details()} reason={reason()} /></Match>
        <Match when={view() === "live"}>
          <div class="speech-tools">
            <input type="search" placeholder="Search what was said" aria-label="Search what was said" spellcheck={false} value={words()} onInput={e => setWords(e.currentTarget.value)} />
            <Show when={details().latency}>
              {l => <span class="quiet" title="from the end of the voice until the final is published: median, 95 of 100">final {duration(l().p50)} · p95 {duration(l().p95)}</span>}
            </Show>
          </div>
          <div class="scroll" data-stale={searching() && !model.connected()}>
            <Show when={searching() && note()}><p class="note">{note()}</p></Show>
            <ol class="spoken">
              <For each={speaking() || []}>
                {e => (
                  <li class="said" data-partial>
                    <Show when={many()}><bdi class="said-source">{String(e.source_name || e.source_id)}</bdi></Show>
                    <span class="said-text" dir="auto">{parted(e)[0]} <span class="said-tail">{parted(e)[1]}</span></span>
                  </li>
                )}
              </For>
              <Show when={searching()} fallback={
                <For each={[...lines().keys()]}>
                  {key => <Show when={lines().get(key)}>{l => <SpeechLine line={l()} named={many()} began={began(l().at)} />}</Show>}
                </For>
              }>
                <For each={hits()}>{h => <SpeechLine line={spoken([h.event])[0]!} named={many()} began={began(parse(h.event.timestamp), h)} />}</For>
              </Show>
            </ol>
            <Show when={!searching() && lines().size === 0 && model.speaking().length === 0}>
              <div class="empty">
                <Show when={model.known()} fallback="Connecting…">
                  <strong>Nothing was said yet.</strong>{" "}
                  <Show when={reason()} fallback="What is said stands here while it is being said.">{reason()}</Show>
                </Show>
              </div>
            </Show>
          </div>
        </Match>
      </Switch>
    </Panel>
  )
}
