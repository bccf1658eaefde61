// Who recognises, with which model, from which microphone; and a try of five seconds.

import { createEffect, createSignal, For, on, Show, type JSX } from "solid-js"
import { get, post, put } from "../wire/api.ts"
import { useModel } from "./model.ts"
import { remembered } from "./remember.ts"
import type { SpeechDetails } from "./spoken.ts"

interface ModelInfo {
  id: string
  title: string
  language: string
  licence: string
  speed: string
  bytes: number
  installed: boolean
}

interface Device {
  name: string
  default: boolean
}

interface Trial {
  device?: string
  text: string
  peak_dbfs: number
  seconds: number
  engine?: string
  error?: string
}

/** What may turn sound into words, as config.toml spells it. */
const engines: readonly (readonly [string, string])[] = [
  ["auto", "Whatever is there"],
  ["local", "A model on this PC"],
  ["openai", "A speech server"],
  ["browser", "The page /speech"],
  ["off", "Nothing: do not listen"],
]

/** The program records for five seconds and then recognises. */
const testMS = 25_000

const megabytes = (bytes: number): string => `${Math.round(bytes / 1e6)} MB`

function verdict(t: Trial): string {
  if (t.peak_dbfs <= -60) return "Nothing was heard. Is it muted, or the wrong one?"
  if (t.peak_dbfs < -35) return "Very quiet: raise its gain."
  if (t.peak_dbfs >= -1) return "Too loud: it clips. Lower its gain."
  return "The level is good."
}

export function SpeechSetup(props: { details: SpeechDetails; reason: string }): JSX.Element {
  const model = useModel()
  const [models, setModels] = createSignal<ModelInfo[]>([])
  const [devices, setDevices] = createSignal<Device[]>([])
  const [modelNote, setModelNote] = createSignal("")
  const [deviceNote, setDeviceNote] = createSignal("")
  const [device, setDevice] = remembered<string>("speech.device", "")
  const [trying, setTrying] = createSignal(false)
  const [trial, setTrial] = createSignal<Trial | null>(null)
  const [trouble, setTrouble] = createSignal("")

  const load = async <T,>(path: string, set: (list: T[]) => void, note: (text: string) => void) => {
    try {
      const list = await get<T[]>(path)
      set(Array.isArray(list) ? list : [])
      note("")
    } catch (e) {
      note((e as Error).message)
    }
  }
  const underWay = () => props.details.downloads.map(d => `${d.id}${d.done === d.total}${d.error}`).join()
  createEffect(on(() => [model.connected(), underWay()] as const, ([connected]) => {
    if (connected) void load<ModelInfo>("/api/speech/models", setModels, setModelNote)
  }))
  createEffect(on(model.connected, connected => {
    if (connected) void load<Device>("/api/speech/devices", setDevices, setDeviceNote)
  }))
  const install = async (id: string) => {
    try {
      await post(`/api/speech/models/${encodeURIComponent(id)}/install`)
      setModelNote("")
    } catch (e) {
      setModelNote((e as Error).message)
    }
  }
  const [choiceNote, setChoiceNote] = createSignal("")
  const choose = async (path: string, body: object) => {
    try {
      await put(path, body)
      setChoiceNote("")
    } catch (e) {
      setChoiceNote((e as Error).message)
    }
  }
  const test = async () => {
    setTrying(true)
    setTrial(null)
    setTrouble("")
    try {
      setTrial(await post<Trial>("/api/speech/test", device() ? { device: device() } : {}, testMS))
    } catch (e) {
      setTrouble((e as Error).message)
    }
    setTrying(false)
  }
  const download = (id: string) => props.details.downloads.find(d => d.id === id && d.done < d.total && !d.error)
  const failed = (id: string) => props.details.downloads.find(d => d.id === id)?.error
  return (
    <div class="scroll setup">
      <section>
        <h3>Recogniser</h3>
        <p>{props.details.engine || "None yet."} <Show when={props.reason}><span class="setup-reason">{props.reason}</span></Show></p>
        <div class="setup-row">
          <select aria-label="Recogniser" disabled={!model.connected()} onChange={e => void choose("/api/speech/engine", { engine: e.currentTarget.value })}>
            <For each={engines}>{([id, label]) => <option value={id} selected={id === props.details.engine_choice}>{label}</option>}</For>
          </select>
        </div>
        <Show when={choiceNote()}><p class="setup-trouble" role="alert">Not changed: {choiceNote()}.</p></Show>
        <p class="quiet">Without a model: <a href="/speech" target="_blank">/speech</a> in Chrome or Edge, or a speech server in config.toml, audio.openai.base_url.</p>
      </section>
      <section>
        <h3>Microphone</h3>
        <div class="setup-row">
          <select aria-label="Microphone" value={device()} onChange={e => setDevice(e.currentTarget.value)}>
            <option value="">The default one</option>
            <For each={devices()}>{d => <option value={d.name} selected={d.name === device()}>{d.name}{d.default ? " (default)" : ""}</option>}</For>
          </select>
          <button type="button" class="small" data-kind="do" disabled={trying() || !model.connected()} onClick={() => void test()}>{trying() ? "Say something…" : "Test for 5 s"}</button>
          <button type="button" class="small" disabled={!model.connected()} onClick={() => void choose("/api/speech/device", { device: device() })}>Listen to it</button>
        </div>
        <Show when={deviceNote()}><p class="quiet">Microphones cannot be listed now: {deviceNote()}.</p></Show>
        <Show when={trouble()}><p class="setup-trouble" role="alert">The test did not work: {trouble()}.</p></Show>
        <Show when={trial()}>
          {t => (
            <div class="setup-trial" role="status">
              <p dir="auto">{t().text ? `“${t().text}”` : t().error || "No words."}</p>
              <p class="quiet">peak {t().peak_dbfs.toFixed(0)} dBFS · {t().seconds.toFixed(1)} s. {verdict(t())}</p>
            </div>
          )}
        </Show>
        <p class="quiet">Several sources at once are set in config.toml, audio.source.</p>
      </section>
      <section>
        <h3>Models for this PC</h3>
        <Show when={modelNote()}><p class="quiet">{modelNote()}</p></Show>
        <ul>
          <For each={models()}>
            {m => (
              <li class="setup-model" data-model={m.id}>
                <span class="setup-model-name">{m.title}</span>
                <span class="quiet">{m.language} · {m.speed} · {megabytes(m.bytes)} · {m.licence}</span>
                <Show when={!m.installed} fallback={
                  <Show when={props.details.engine !== `local ${m.id}`} fallback={<span class="setup-here">in use</span>}>
                    <button type="button" class="small" disabled={!model.connected()} aria-label={`Use ${m.title}`} onClick={() => void choose("/api/speech/engine", { engine: "local", model: m.id })}>Use</button>
                  </Show>
                }>
                  <Show when={download(m.id)} fallback={<button type="button" class="small" disabled={!model.connected()} aria-label={`Download ${m.title}`} onClick={() => void install(m.id)}>Download</button>}>
                    {d => <span>{Math.floor((100 * d().done) / Math.max(1, d().total))} %</span>}
                  </Show>
                </Show>
                <Show when={download(m.id)}>
                  {d => <progress max={d().total} value={d().done} aria-label={`Download of ${m.title}`} />}
                </Show>
                <Show when={failed(m.id)}>{why => <p class="setup-trouble">{why()}</p>}</Show>
              </li>
            )}
          </For>
        </ul>
      </section>
    </div>
  )
}
