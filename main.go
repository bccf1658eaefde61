// Landale is one program for a streamer: it listens, remembers and fans out.
package main

func main() {}
