// Browsers offer the clipboard to loopback and https only; under a machine's name the old way still works.

/** Copies a text; false where the browser does not allow it. */
export async function toClipboard(text: string): Promise<boolean> {
  if (navigator.clipboard) return navigator.clipboard.writeText(text).then(() => true, () => false)
  const box = document.createElement("textarea")
  box.value = text
  box.className = "off-screen"
  document.body.append(box)
  box.select()
  const done = document.execCommand("copy")
  box.remove()
  return done
}
