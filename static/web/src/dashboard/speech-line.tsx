// One line of what was said: how sure, how fast, where; and a way to set it right.

import { createSignal, onCleanup, Show, type JSX } from "solid-js"
import { put } from "../wire/api.ts"
import { toClipboard } from "./clipboard.ts"
import { useModel } from "./model.ts"
import { position, type SpokenLine } from "./spoken.ts"
import { clockTime, wholeTime } from "./time.ts"

const saidMS = 3_000

export function SpeechLine(props: { line: SpokenLine; named: boolean; began: number | undefined }): JSX.Element {
  const model = useModel()
  const [draft, setDraft] = createSignal<string | null>(null)
  const [original, setOriginal] = createSignal(false)
  const [answer, setAnswer] = createSignal("")
  let timer: ReturnType<typeof setTimeout> | undefined
  onCleanup(() => clearTimeout(timer))
  const say = (words: string) => {
    setAnswer(words)
    clearTimeout(timer)
    timer = setTimeout(() => setAnswer(""), saidMS)
  }
  const place = () => position(props.line.at, props.began)
  const copy = async () => say((await toClipboard(place())) ? "Copied" : "Not allowed")
  const correct = async () => {
    const text = draft()?.trim() ?? ""
    if (text === "" || text === props.line.text) return void setDraft(null)
    try {
      await put(`/api/transcriptions/${encodeURIComponent(props.line.id)}`, { text })
      setDraft(null)
    } catch (e) {
      say((e as Error).message) // what was typed stays
    }
  }
  const keys = (e: KeyboardEvent) => {
    if (e.key === "Escape") {
      e.preventDefault()
      setDraft(null)
    }
  }
  return (
    <li class="said" data-segment={props.line.key}>
      <time class="said-time" title={wholeTime(props.line.at)}>{clockTime(props.line.at, model.today())}</time>
      <Show when={props.named}><bdi class="said-source">{props.line.source}</bdi></Show>
      <Show when={draft() !== null} fallback={
        <span class="said-text" dir="auto">
          {props.line.text}
          <Show when={props.line.late}><span class="flag" title="recognised after the recogniser had been away">late</span></Show>
          <Show when={props.line.before}>
            <button type="button" class="flag" aria-expanded={original()} onClick={() => setOriginal(o => !o)}>{props.line.corrected ? "corrected" : "filtered"}</button>
          </Show>
          <Show when={props.line.corrected && !props.line.before}><span class="flag">corrected</span></Show>
          <Show when={original()}><s class="said-before" dir="auto">{props.line.before}</s></Show>
        </span>
      }>
        <form class="said-edit" onSubmit={e => { e.preventDefault(); void correct() }}>
          <input type="text" dir="auto" aria-label="What was really said" value={draft()!} disabled={!model.connected()} ref={b => queueMicrotask(() => b.focus())} onInput={e => setDraft(e.currentTarget.value)} onKeyDown={keys} />
          <button type="submit" class="small" data-kind="do" disabled={!model.connected()}>Save</button>
          <button type="button" class="small" onClick={() => setDraft(null)}>Keep</button>
        </form>
      </Show>
      <span class="said-facts quiet">
        <Show when={answer()} fallback={
          <>
            <Show when={props.line.confidence !== undefined}><span title="how sure the recogniser is" data-low={props.line.confidence! < 0.6}>{Math.round(props.line.confidence! * 100)} %</span></Show>
            <Show when={props.line.latency !== undefined}><span title="from the end of the voice until it was here">{(props.line.latency! / 1000).toFixed(1)} s</span></Show>
          </>
        }>
          <span role="status">{answer()}</span>
        </Show>
        <Show when={draft() === null}>
          <span class="said-actions">
            <button type="button" class="small" disabled={!model.connected()} onClick={() => setDraft(props.line.text)}>Correct</button>
            <button type="button" class="small" title="Copies the position" onClick={() => void copy()}>{props.began === undefined ? "Copy time" : place()}</button>
          </span>
        </Show>
      </span>
    </li>
  )
}
