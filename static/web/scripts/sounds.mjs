// Makes the sounds of alerts, from nothing but sines: node scripts/sounds.mjs (needs ffmpeg). They are one family, a soft
// struck bar in D, so that they sit beside any game's music; each kind has its own figure. The loudness is −16 LUFS.

import { spawnSync } from "node:child_process"
import { mkdirSync } from "node:fs"
import { fileURLToPath } from "node:url"

const rate = 44_100
const out = fileURLToPath(new URL("../public/sounds/", import.meta.url))
const names = { C: 0, D: 2, E: 4, F: 5, "F#": 6, G: 7, A: 9, B: 11, "C#": 1 }
const hertz = note => {
  const [, name, octave] = /^([A-G]#?)(\d)$/.exec(note)
  return 440 * 2 ** ((names[name] - 9) / 12 + Number(octave) - 4)
}

// A struck bar: the fundamental, two partials that die sooner, and the knock of the mallet.
function bar(t, f, decay) {
  if (t < 0) return 0
  const attack = Math.min(1, t / 0.004)
  const tone = Math.sin(2 * Math.PI * f * t) * Math.exp(-t / decay)
    + 0.32 * Math.sin(2 * Math.PI * f * 2.756 * t) * Math.exp(-t / (decay * 0.22))
    + 0.18 * Math.sin(2 * Math.PI * f * 2 * t + 0.4) * Math.exp(-t / (decay * 0.5))
  const knock = 0.2 * Math.sin(2 * Math.PI * 190 * t) * Math.exp(-t / 0.012)
  return attack * (tone + knock)
}

// A breath of air below it, for what is big.
function swell(t, f, length) {
  if (t < 0 || t > length) return 0
  const p = t / length
  const envelope = Math.sin(Math.PI * p ** 0.6) ** 2
  return 0.3 * envelope * (Math.sin(2 * Math.PI * f * t) + 0.6 * Math.sin(2 * Math.PI * f * 1.4983 * t) + 0.4 * Math.sin(2 * Math.PI * f * 2.003 * t))
}

/** Each: [when, note, decay, gain], and swells [when, note, length]. */
const sounds = {
  follow: { notes: [[0, "A5", 0.35, 0.7], [0.11, "D6", 0.55, 1]] },
  subscribe: { notes: [[0, "D5", 0.4, 0.8], [0.1, "F#5", 0.4, 0.85], [0.2, "A5", 0.5, 0.9], [0.3, "D6", 0.8, 1]] },
  gift: { notes: [[0, "D6", 0.3, 0.7], [0.09, "A5", 0.3, 0.7], [0.18, "D6", 0.3, 0.8], [0.27, "F#6", 0.4, 0.9], [0.42, "A6", 0.7, 0.8]] },
  cheer: { notes: [[0, "B5", 0.25, 0.8], [0.07, "E6", 0.3, 0.9], [0.14, "B6", 0.5, 0.7]] },
  raid: { notes: [[0, "D4", 0.6, 1], [0, "A4", 0.6, 0.7], [0.22, "D4", 0.5, 0.9], [0.33, "E4", 0.5, 0.9], [0.44, "A4", 0.7, 1], [0.44, "D5", 0.9, 0.9], [0.66, "A5", 1, 0.7]], swells: [[0, "D3", 1.5]] },
  redemption: { notes: [[0, "E6", 0.2, 0.8], [0.08, "G6", 0.35, 0.8]] },
  "hype-train": { notes: [[0, "A4", 0.3, 0.9], [0.15, "A4", 0.3, 0.9], [0.3, "A4", 0.25, 0.8], [0.4, "D5", 0.3, 0.9], [0.5, "F#5", 0.9, 1], [0.5, "A5", 0.9, 0.8]], swells: [[0.2, "D3", 1.3]] },
  charity: { notes: [[0, "F#5", 0.6, 0.8], [0.18, "A5", 0.6, 0.8], [0.36, "D6", 0.9, 0.9], [0.36, "F#6", 0.9, 0.5]], swells: [[0, "D4", 1.4]] },
  goal: { notes: [[0, "D5", 0.4, 0.9], [0.12, "F#5", 0.4, 0.9], [0.24, "A5", 0.4, 0.9], [0.36, "D6", 1.1, 1], [0.36, "A5", 1.1, 0.7], [0.54, "F#6", 1.1, 0.7]], swells: [[0.1, "D3", 1.7]] },
  checkpoint: { notes: [[0, "A5", 0.25, 0.8], [0.1, "A5", 0.25, 0.8], [0.2, "E6", 0.6, 1]] },
}

mkdirSync(out, { recursive: true })
for (const [name, { notes, swells = [] }] of Object.entries(sounds)) {
  const length = Math.max(...notes.map(([at, , decay]) => at + 4 * decay), ...swells.map(([at, , span]) => at + span))
  const samples = new Float32Array(Math.ceil(Math.min(length, 3) * rate))
  for (let i = 0; i < samples.length; i++) {
    const t = i / rate
    let v = 0
    for (const [at, note, decay, gain] of notes) v += 0.3 * gain * bar(t - at, hertz(note), decay)
    for (const [at, note, span] of swells) v += 0.5 * swell(t - at, hertz(note), span)
    // Warm at the top, and silent at the end.
    samples[i] = Math.tanh(v) * Math.min(1, (samples.length - i) / (0.15 * rate))
  }
  const made = spawnSync("ffmpeg", [
    "-v", "error", "-y", "-f", "f32le", "-ar", String(rate), "-ac", "1", "-i", "pipe:0",
    "-af", "loudnorm=I=-16:TP=-2:LRA=11", "-ar", "48000", "-c:a", "libopus", "-b:a", "40k", "-fflags", "+bitexact", "-map_metadata", "-1", out + name + ".ogg",
  ], { input: Buffer.from(samples.buffer) })
  if (made.status !== 0) throw new Error(`${name}: ${made.stderr}`)
}
