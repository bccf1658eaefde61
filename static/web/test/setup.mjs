// Lets node's own test runner load TypeScript: Vite's transformer strips the types, nothing else is changed.
import { register } from "node:module"

register("./typescript.mjs", import.meta.url)
