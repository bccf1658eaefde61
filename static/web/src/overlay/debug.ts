import type { Screen } from "../screen/screen.ts"
import type { Overlay } from "./page.ts"
import type { SoundBoard } from "./sound.ts"
export function startDebug(_o: Overlay, _s: Screen, _b?: SoundBoard): void {}
