// The page at /speech: the recogniser of Chrome or Edge as an engine. Nothing to download, nothing to set; what it costs is
// said on the page.

import { createMemo, createSignal, For, onCleanup, Show, type JSX } from "solid-js"
import { render } from "solid-js/web"
import { remembered } from "../dashboard/remember.ts"
import { clockTime, dayOf } from "../dashboard/time.ts"
import { get } from "../wire/api.ts"
import type { Part } from "../wire/events.ts"
import { openWire } from "../wire/page.ts"
import { Engine, explain, type EngineState, type RecognitionClass, type Utterance } from "./engine.ts"
import { MicMeter } from "./meter.ts"
import { Sender } from "./send.ts"
import "../styles/dashboard.css"
import "../styles/speech-page.css"

const heartbeatMS = 10_000
const kept = 50

const Recogniser = ((window as any).SpeechRecognition ?? (window as any).webkitSpeechRecognition) as RecognitionClass | undefined

const stateWords: Record<EngineState, string> = {
  stopped: "Not listening", starting: "Starting…", listening: "Listening", speech: "Hearing you", waiting: "Trying again…", refused: "Not listening",
}

// "en" becomes the English of this browser, which its recogniser knows best.
function fullLanguage(language: string): string {
  const own = navigator.languages.find(l => l.split("-")[0]!.toLowerCase() === language.toLowerCase())
  return own ?? (language || navigator.language)
}

function Page(): JSX.Element {
  const [status, setStatus] = createSignal(wire.status)
  onCleanup(wire.onStatus(setStatus))
  // A page that reloads itself for a new build goes on listening.
  const [wanted, setWanted] = remembered<"yes" | "no">("speech.wanted", "no", ["yes", "no"], () => sessionStorage)
  const [state, setState] = createSignal<EngineState>("stopped")
  const [reason, setReason] = createSignal("")
  const [configured, setConfigured] = createSignal("")
  const [onDevice, setOnDevice] = createSignal<"no" | "yes" | "offered" | "installing">("no")
  const [level, setLevel] = createSignal(0)
  const [now, setNow] = createSignal<Utterance | null>(null)
  const [said, setSaid] = createSignal<Utterance[]>([])
  const language = createMemo(() => fullLanguage(configured()))
  const running = () => state() !== "stopped" && state() !== "refused"
  let engine: Engine | undefined

  const live = wire.join("transcription:live", {
    joined: () => {
      void sender.flush()
      if (running()) beat()
      void readLanguage()
    },
  })
  const sender = new Sender((event, payload) => live.push(event, payload), setReason)
  const meter = new MicMeter(setLevel)
  const beat = () => live.push("speech_page", { listening: running() }).catch(() => {})
  // A page that does not listen is no recogniser: it says so once.
  const heart = setInterval(() => running() && beat(), heartbeatMS)
  onCleanup(() => {
    clearInterval(heart)
    stop()
    live.leave()
  })

  const readLanguage = async () => {
    try {
      const audio = (await get<Part[]>("/api/parts")).find(p => p.name === "audio")
      const value = (audio?.details as Record<string, unknown> | undefined)?.language
      if (typeof value === "string" && value !== configured()) setConfigured(value)
    } catch {
      // Then it is the browser's own.
    }
    await askOnDevice()
  }
  const local = () => ({ langs: [language()], processLocally: true })
  const askOnDevice = async () => {
    try {
      const answer = await Recogniser?.available?.(local())
      setOnDevice(answer === "available" ? "yes" : answer === "downloadable" ? "offered" : answer === "downloading" ? "installing" : "no")
    } catch {
      setOnDevice("no")
    }
  }
  const install = async () => {
    setOnDevice("installing")
    try {
      if (!(await Recogniser?.install?.(local()))) setReason("The browser did not install it.")
    } catch (e) {
      setReason((e as Error).message)
    }
    await askOnDevice()
  }

  const start = async () => {
    if (!Recogniser) return
    setWanted("yes")
    setReason("")
    setState("starting")
    const refusal = await meter.start()
    if (state() !== "starting") return
    if (refusal === "NotAllowedError" || refusal === "NotFoundError") {
      setState("refused")
      setReason(explain(refusal === "NotFoundError" ? "audio-capture" : "not-allowed").words)
      return
    }
    engine = new Engine({
      recogniser: Recogniser, language: language(), onDevice: onDevice() === "yes",
      soundSince: time => meter.soundSince(time),
      changed: (next, why) => {
        const before = running()
        setState(next)
        setReason(why)
        if (!running()) meter.stop()
        if (before !== running()) beat()
      },
      heard: u => {
        sender.send(u)
        setNow(u.final || u.text === "" ? null : u)
        if (u.final) setSaid(list => [u, ...list].slice(0, kept))
      },
    })
    engine.start()
    beat()
  }
  const stop = () => {
    engine?.stop()
    engine = undefined
    meter.stop()
    if (running()) setState("stopped")
  }

  const halt = () => {
    setWanted("no")
    stop()
  }
  if (wanted() === "yes") void start()

  const unsupported = () => {
    if (!Recogniser) return "This browser cannot recognise speech. Open this page in Chrome or Edge."
    if (!isSecureContext) return "Browsers give the microphone to localhost only. Open http://localhost:7175/speech on the PC that Landale and the microphone are on."
    return ""
  }
  const split = (u: Utterance) => {
    const all = u.text.split(" ")
    return [all.slice(0, u.stable).join(" "), all.slice(u.stable).join(" ")] as const
  }
  return (
    <div class="speech-page" data-state={state()}>
      <main class="speech-column">
        <header class="speech-title">
          <h2>Speech in the browser</h2>
          <p class="quiet">While this tab is open, what you say becomes captions and history. It may stay in the background.</p>
        </header>
        <Show when={!unsupported()} fallback={<p class="speech-trouble" role="alert">{unsupported()}</p>}>
          <div class="speech-main">
            <button type="button" class="speech-switch" aria-pressed={running()} onClick={() => (running() ? halt() : void start())}>{running() ? "Stop" : "Start"}</button>
            <div class="speech-now">
              <p class="speech-state" role="status">{stateWords[state()]}</p>
              <div class="speech-meter" role="meter" aria-label="Microphone" aria-valuemin={0} aria-valuemax={100} aria-valuenow={Math.round(level() * 100)}><span style={{ transform: `scaleX(${level()})` }} /></div>
            </div>
          </div>
          <Show when={reason()}><p class="speech-trouble" role="alert">{reason()}</p></Show>
          <dl class="speech-facts">
            <dt>Language</dt>
            <dd>{language()} <span class="quiet">{configured() ? "from config.toml, audio.language" : "of this browser; set audio.language in config.toml"}</span></dd>
            <dt>Privacy</dt>
            <dd>
              <Show when={onDevice() === "yes"} fallback={<>Audio goes to your browser's maker. <Show when={onDevice() === "offered"}><button type="button" class="small" onClick={() => void install()}>Recognise on this PC instead</button></Show><Show when={onDevice() === "installing"}><span class="quiet">The browser installs its recogniser…</span></Show></>}>
                Recognised on this PC; audio stays here.
              </Show>
            </dd>
          </dl>
          <section class="speech-said" aria-label="What was said" aria-live="off">
            <Show when={now()}>
              {u => <p class="speech-line" data-partial dir="auto">{split(u())[0]} <span class="speech-tail">{split(u())[1]}</span></p>}
            </Show>
            <For each={said()}>
              {u => (
                <p class="speech-line">
                  <time class="quiet">{clockTime(u.began, dayOf(Date.now()))}</time>
                  <span dir="auto">{u.text}</span>
                  <Show when={u.confidence !== null}><span class="quiet">{Math.round(u.confidence! * 100)} %</span></Show>
                </p>
              )}
            </For>
            <Show when={said().length === 0 && !now()}><p class="quiet">{running() ? "Say something." : "Nothing was said yet."}</p></Show>
          </section>
        </Show>
      </main>
      <footer class="status" data-state={status().state}>
        <span class="status-connection" role="status"><span class="dot" />{{ connecting: "Connecting", connected: "Connected", lost: "Not connected" }[status().state]}</span>
        <span class="status-title quiet">{status().state === "lost" ? "What you say waits here until Landale is back." : ""}</span>
        <a class="speech-link" href="/">Dashboard</a>
      </footer>
    </div>
  )
}

// A reload would cut the sentence off.
const wire = openWire("speech", () => document.querySelector("[data-partial]") !== null)
render(() => <Page />, document.getElementById("root")!)
