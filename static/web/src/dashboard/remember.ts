// A signal that survives a reload: settings of this browser for ever, what was typed as long as the tab lives.

import { createSignal, type Signal } from "solid-js"

/** Values that are not in allowed are forgotten. */
export function remembered<T extends string>(key: string, initial: T, allowed?: readonly T[], storage: () => Storage = () => localStorage): Signal<T> {
  const name = "landale." + key
  let kept: string | null = null
  try {
    kept = storage().getItem(name)
  } catch {
    // A browser may refuse storage; then nothing is remembered.
  }
  const ok = kept !== null && (!allowed || allowed.includes(kept as T))
  const [value, setValue] = createSignal<T>(ok ? (kept as T) : initial)
  const set = ((v: any) => {
    const next = setValue(v)
    try {
      storage().setItem(name, next)
    } catch {
      // As above.
    }
    return next
  }) as Signal<T>[1]
  return [value, set]
}
