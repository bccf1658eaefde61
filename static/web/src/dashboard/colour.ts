// A chatter's colour, made readable on the dashboard's background.

const background = luminance([0x1a, 0x1f, 0x23])
const wanted = 4.5

function luminance(rgb: number[]): number {
  const [r, g, b] = rgb.map(v => {
    const c = v / 255
    return c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4
  }) as [number, number, number]
  return 0.2126 * r + 0.7152 * g + 0.0722 * b
}

/** The contrast of a colour to the background, 1 to 21. */
export function contrast(rgb: number[]): number {
  const l = luminance(rgb)
  return (Math.max(l, background) + 0.05) / (Math.min(l, background) + 0.05)
}

/** Lightens "#rrggbb" until it has a contrast of 4.5 to the background; undefined for anything that is not a colour. */
export function readable(colour: string | undefined): string | undefined {
  const match = /^#([0-9a-f]{6})$/i.exec(colour ?? "")
  if (!match) return undefined
  const n = parseInt(match[1]!, 16)
  const rgb = [n >> 16, (n >> 8) & 255, n & 255]
  for (let mix = 0; mix <= 1; mix += 0.05) {
    const lighter = rgb.map(v => Math.round(v + (255 - v) * mix))
    if (contrast(lighter) >= wanted) return "#" + lighter.map(v => v.toString(16).padStart(2, "0")).join("")
  }
  return "#ffffff"
}
