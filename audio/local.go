package audio

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"landale/audio/sherpa"
)

// LocalConfig is the section [audio.local]: recognition on this PC.
type LocalConfig struct {
	// Model is the id of a model of the catalogue, or the folder of another one;
	// empty takes the first of the catalogue that is installed.
	Model string `toml:"model"`
	// Threads is how many the model may use; 0 is one on up to four cores, else
	// half of them, at most four. A game beside it makes more of them slower.
	Threads int `toml:"threads"`
}

func (c LocalConfig) threads() int {
	if c.Threads > 0 {
		return c.Threads
	}
	n := runtime.NumCPU()
	if n <= 4 {
		return 1
	}
	return min(4, n/2)
}

// localEngine is the engine "local": a model in a child process.
type localEngine struct {
	worker *sherpa.Worker
	id     string
}

// newLocal prepares the engine; the child starts with the first call. The error
// says what is missing.
func newLocal(cfg LocalConfig, lib *library, language string, command func(libs string) *exec.Cmd, log *slog.Logger) (*localEngine, error) {
	if command == nil {
		return nil, sherpa.ErrUnsupported
	}
	if isFolder(cfg.Model) {
		m, err := folderModel(cfg.Model)
		if err != nil {
			return nil, err
		}
		m.Language = language
		return startLocal(cfg, m, filepath.Base(cfg.Model), lib.dir, command, log)
	}
	list := lib.list()
	i := slices.IndexFunc(list, func(m ModelInfo) bool { return cfg.Model == m.ID || cfg.Model == "" && m.Installed })
	switch {
	case i < 0 && cfg.Model == "":
		return nil, errors.New("no model is installed")
	case i < 0:
		return nil, fmt.Errorf("there is no model %q", cfg.Model)
	case !list[i].Installed:
		return nil, fmt.Errorf("the model %s is not installed", cfg.Model)
	}
	m := lib.model(list[i])
	if list[i].Language == "many" {
		m.Language = language
	}
	return startLocal(cfg, m, list[i].ID, lib.dir, command, log)
}

func startLocal(cfg LocalConfig, m sherpa.Model, id, dir string, command func(libs string) *exec.Cmd, log *slog.Logger) (*localEngine, error) {
	libs, err := sherpa.Unpack(filepath.Join(dir, "lib"))
	if err != nil {
		return nil, err
	}
	m.Threads = cfg.threads()
	return &localEngine{worker: &sherpa.Worker{Model: m, Command: func() *exec.Cmd { return command(libs) }, Log: log}, id: id}, nil
}

// isFolder tells a path from the id of a model.
func isFolder(model string) bool { return strings.ContainsAny(model, `/\`) }

// folderModel finds out from its files' names what kind of model is in a folder,
// as sherpa-onnx publishes them; of two sizes the smaller one, int8, is taken.
func folderModel(dir string) (sherpa.Model, error) {
	find := func(patterns ...string) string {
		for _, p := range patterns {
			if found, err := filepath.Glob(filepath.Join(dir, p)); err == nil && len(found) > 0 {
				return found[0]
			}
		}
		return ""
	}
	onnx := func(part string) string { return find("*"+part+"*.int8.onnx", "*"+part+"*.onnx") }
	name := strings.ToLower(filepath.Base(dir))
	tokens := find("*tokens.txt")
	var m sherpa.Model
	switch {
	case onnx("preprocess") != "":
		m = sherpa.Model{Kind: "moonshine", Files: map[string]string{"preprocessor": onnx("preprocess"), "encoder": find("encode*.onnx"), "uncached_decoder": find("uncached_decode*.onnx"), "cached_decoder": find("cached_decode*.onnx"), "tokens": tokens}}
	case onnx("joiner") != "":
		m = sherpa.Model{Kind: "transducer", Files: map[string]string{"encoder": onnx("encoder"), "decoder": onnx("decoder"), "joiner": onnx("joiner"), "tokens": tokens}}
		if strings.Contains(name, "nemo") || strings.Contains(name, "parakeet") {
			m.Kind = "nemo_transducer"
		}
	case onnx("encoder") != "":
		m = sherpa.Model{Kind: "whisper", Files: map[string]string{"encoder": onnx("encoder"), "decoder": onnx("decoder"), "tokens": tokens}}
	default:
		m = sherpa.Model{Kind: "nemo_ctc", Files: map[string]string{"model": onnx("model"), "tokens": tokens}}
		for _, kind := range []string{"sensevoice", "paraformer", "tdnn"} {
			if strings.Contains(strings.ReplaceAll(name, "-", ""), kind) {
				m.Kind = kind
			}
		}
	}
	if err := m.Check(); err != nil {
		return m, fmt.Errorf("the folder %s holds no model that is known: %w", dir, err)
	}
	return m, nil
}

// String implements Recogniser.
func (l *localEngine) String() string { return "local " + l.id }

// Transcribe implements Recogniser. Its models take no hints: names are what the
// replace list is for.
func (l *localEngine) Transcribe(ctx context.Context, pcm []float32, _ Hints) (Result, error) {
	r, err := l.worker.Transcribe(ctx, pcm)
	switch {
	case errors.Is(err, sherpa.ErrWorker):
		return Result{}, fmt.Errorf("%w: %w", ErrAway, err)
	case err != nil:
		return Result{}, err
	}
	return Result{Text: strings.TrimSpace(r.Text), Words: words(r.Tokens, soundTime(len(pcm)).Seconds()), LogProb: math.NaN(), NoSpeech: math.NaN(), Language: r.Language}, nil
}

// Warm implements Recogniser.
func (l *localEngine) Warm(ctx context.Context) error {
	_, err := l.Transcribe(ctx, make([]float32, 16000), Hints{})
	return err
}

func (l *localEngine) close() { l.worker.Close() }

// words joins the pieces of words that models give: a piece that begins one
// begins with a space or with ▁. A word ends where the next begins.
func words(tokens []sherpa.Token, length float64) []Word {
	var ws []Word
	for _, t := range tokens {
		text, first := strings.CutPrefix(t.Text, "▁")
		if !first {
			text, first = strings.CutPrefix(t.Text, " ")
		}
		if t.Start < 0 {
			return nil // without times the text says all there is
		}
		if !first && len(ws) > 0 {
			ws[len(ws)-1].Text += text
			continue
		}
		if n := len(ws); n > 0 {
			ws[n-1].End = min(t.Start, ws[n-1].Start+1)
		}
		ws = append(ws, Word{Text: text, Start: t.Start, Prob: -1})
	}
	if n := len(ws); n > 0 {
		ws[n-1].End = min(length, ws[n-1].Start+1)
	}
	return slices.DeleteFunc(ws, func(w Word) bool { return strings.TrimSpace(w.Text) == "" })
}

// Download is a model on its way.
type Download struct {
	ID    string `json:"id"`
	Done  int64  `json:"done"`
	Total int64  `json:"total"`
	Error string `json:"error,omitempty"`
}

// Models lists the catalogue with what is installed.
func (a *Audio) Models() []ModelInfo { return a.library.list() }

// InstallModel begins to download a model, which is the owner's consent to it.
// It goes on while the part runs; Status tells how far it is. A second call for a
// model on its way changes nothing.
func (a *Audio) InstallModel(id string) error {
	m, ok := a.library.find(id)
	if !ok {
		return fmt.Errorf("there is no model %q", id)
	}
	a.mu.Lock()
	if d := a.downloads[id]; d != nil && d.Error == "" {
		a.mu.Unlock()
		return nil
	}
	a.downloads[id] = &Download{ID: id, Total: m.Bytes}
	a.mu.Unlock()
	select {
	case a.installs <- m:
		return nil
	default:
		a.mu.Lock()
		delete(a.downloads, id)
		a.mu.Unlock()
		return errors.New("too many models are on their way")
	}
}

// installer downloads one model after the other until ctx ends.
func (a *Audio) installer(ctx context.Context) {
	for {
		var m ModelInfo
		select {
		case m = <-a.installs:
		case <-ctx.Done():
			return
		}
		err := a.library.install(ctx, m, func(done int64) {
			a.mu.Lock()
			defer a.mu.Unlock()
			if d := a.downloads[m.ID]; d != nil {
				d.Done = done
			}
		})
		a.mu.Lock()
		if err != nil {
			a.downloads[m.ID].Error = err.Error()
			a.o.Log.Warn("model is not installed", "model", m.ID, "error", err)
		} else {
			delete(a.downloads, m.ID)
			a.o.Log.Info("model installed", "model", m.ID)
		}
		cfg := a.cfg
		a.mu.Unlock()
		if err == nil && (cfg.Engine == "auto" || cfg.Engine == "local") {
			a.Configure(cfg) // the engine may be there now
		}
	}
}

// workerCommand is how the child is started in the program itself: the same
// executable, with a command that nobody types.
func workerCommand(libs string) *exec.Cmd {
	exe, err := os.Executable()
	if err != nil {
		exe = os.Args[0]
	}
	return exec.Command(exe, WorkerArg, libs)
}

// WorkerArg is the first argument of a process that must call RunWorker with the
// second one.
const WorkerArg = "recogniser-worker"

// RunWorker is the recogniser's child process: it serves standard input until
// that ends.
func RunWorker(libs string) error { return sherpa.RunWorker(libs, os.Stdin, os.Stdout) }
