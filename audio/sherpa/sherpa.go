// Package sherpa recognises speech on this machine with sherpa-onnx: Whisper,
// Moonshine, transducers, Paraformer, SenseVoice and CTC models, through the C
// library that is embedded in the program and unpacked on first use. It needs no
// cgo.
//
// The library ends the whole process when a model is broken: use it in a process
// of its own (Worker) and never in the program itself.
package sherpa

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"unsafe"

	"github.com/ebitengine/purego"
)

// ErrUnsupported is returned on systems for which no library is embedded.
var ErrUnsupported = errors.New("local recognition works on Windows and Linux with amd64 only")

type library struct {
	file string
	gz   *[]byte
}

// Model says where a model's files are and how to run it.
type Model struct {
	// Kind is whisper, moonshine, transducer, nemo_transducer, paraformer,
	// sensevoice, nemo_ctc or tdnn; it says which of Files there must be.
	Kind string `json:"kind"`
	// Files are paths by role: encoder, decoder, joiner, model, tokens,
	// preprocessor, uncached_decoder, cached_decoder.
	Files map[string]string `json:"files"`
	// Language is a code for models that have several, "" for their own choice.
	Language string `json:"language"`
	// Threads is how many the model may use: more than one costs twice the work
	// and gains nothing where the cores are shared with a game.
	Threads int `json:"threads"`
}

// roles are the files that each kind needs.
var roles = map[string][]string{
	"whisper":         {"encoder", "decoder", "tokens"},
	"moonshine":       {"preprocessor", "encoder", "uncached_decoder", "cached_decoder", "tokens"},
	"transducer":      {"encoder", "decoder", "joiner", "tokens"},
	"nemo_transducer": {"encoder", "decoder", "joiner", "tokens"},
	"paraformer":      {"model", "tokens"},
	"sensevoice":      {"model", "tokens"},
	"nemo_ctc":        {"model", "tokens"},
	"tdnn":            {"model", "tokens"},
}

// Check reports what is missing before the library is asked, which would end the
// process.
func (m Model) Check() error {
	need, ok := roles[m.Kind]
	if !ok {
		return fmt.Errorf("model kind %q is not known", m.Kind)
	}
	var missing []error
	for _, role := range need {
		path := m.Files[role]
		if path == "" {
			missing = append(missing, fmt.Errorf("a %s model needs a file %s", m.Kind, role))
		} else if info, err := os.Stat(path); err != nil {
			missing = append(missing, fmt.Errorf("%s: %w", role, err))
		} else if info.Size() == 0 {
			missing = append(missing, fmt.Errorf("%s: %s is empty", role, path))
		}
	}
	return errors.Join(missing...)
}

// api are the functions of the library that are used.
type api struct {
	createRecognizer  func(*recognizerConfig) uintptr
	destroyRecognizer func(uintptr)
	createStream      func(uintptr) uintptr
	destroyStream     func(uintptr)
	acceptWaveform    func(stream uintptr, rate int32, samples *float32, n int32)
	decode            func(recognizer, stream uintptr)
	getResult         func(uintptr) *result
	destroyResult     func(*result)
}

// Unpack writes the libraries into a folder below dir that is named after their
// content, unless they are there, and returns the folder.
func Unpack(dir string) (string, error) {
	if len(libraries) == 0 {
		return "", ErrUnsupported
	}
	sum := sha256.New()
	for _, l := range libraries {
		sum.Write(*l.gz)
	}
	dir = filepath.Join(dir, "sherpa-"+hex.EncodeToString(sum.Sum(nil))[:12])
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", fmt.Errorf("unpack recogniser: %w", err)
	}
	for _, l := range libraries {
		if err := unpack(filepath.Join(dir, l.file), *l.gz); err != nil {
			return "", fmt.Errorf("unpack recogniser: %w", err)
		}
	}
	return dir, nil
}

// unpack writes the file under another name first, so that it is whole or absent.
func unpack(path string, gz []byte) error {
	z, err := gzip.NewReader(bytes.NewReader(gz))
	if err != nil {
		return err
	}
	if info, err := os.Stat(path); err == nil && info.Size() == int64(size(gz)) {
		return nil
	}
	tmp, err := os.CreateTemp(filepath.Dir(path), "*.tmp")
	if err != nil {
		return err
	}
	defer os.Remove(tmp.Name()) // gone once it has its name
	_, err = io.Copy(tmp, z)
	if err := errors.Join(err, tmp.Close()); err != nil {
		return err
	}
	if err := os.Chmod(tmp.Name(), 0o700); err != nil {
		return err
	}
	return os.Rename(tmp.Name(), path)
}

// size is what a gzip file says it has unpacked.
func size(gz []byte) uint32 {
	n := len(gz)
	return uint32(gz[n-4]) | uint32(gz[n-3])<<8 | uint32(gz[n-2])<<16 | uint32(gz[n-1])<<24
}

func load(dir string) (*api, error) {
	var last uintptr
	for _, l := range libraries {
		h, err := open(filepath.Join(dir, l.file))
		if err != nil {
			return nil, err
		}
		last = h
	}
	a := &api{}
	for name, fn := range map[string]any{
		"SherpaOnnxCreateOfflineRecognizer":        &a.createRecognizer,
		"SherpaOnnxDestroyOfflineRecognizer":       &a.destroyRecognizer,
		"SherpaOnnxCreateOfflineStream":            &a.createStream,
		"SherpaOnnxDestroyOfflineStream":           &a.destroyStream,
		"SherpaOnnxAcceptWaveformOffline":          &a.acceptWaveform,
		"SherpaOnnxDecodeOfflineStream":            &a.decode,
		"SherpaOnnxGetOfflineStreamResult":         &a.getResult,
		"SherpaOnnxDestroyOfflineRecognizerResult": &a.destroyResult,
	} {
		addr, err := symbol(last, name)
		if err != nil {
			return nil, fmt.Errorf("library has no %s: %w", name, err)
		}
		purego.RegisterFunc(fn, addr)
	}
	return a, nil
}

// recognizer is a loaded model. It is used by one goroutine.
type recognizer struct {
	api    *api
	handle uintptr
}

// newRecognizer loads a model; a broken one ends the process.
func newRecognizer(dir string, m Model) (*recognizer, error) {
	if err := m.Check(); err != nil {
		return nil, err
	}
	a, err := load(dir)
	if err != nil {
		return nil, err
	}
	var pins runtime.Pinner
	defer pins.Unpin()
	str := func(s string) cString {
		if s == "" {
			return nil
		}
		b := append([]byte(s), 0)
		pins.Pin(&b[0])
		return &b[0]
	}
	file := func(role string) cString { return str(m.Files[role]) }
	cfg := &recognizerConfig{
		features:       featureConfig{sampleRate: 16000, featureDim: 80},
		decodingMethod: str("greedy_search"),
		maxActivePaths: 4,
	}
	cfg.model.tokens, cfg.model.provider, cfg.model.numThreads = file("tokens"), str("cpu"), int32(max(1, m.Threads))
	switch m.Kind {
	case "whisper":
		// Ten seconds of padding, the library's own choice, cost 2.5 times as much.
		padding := int32(300)
		if strings.HasPrefix(m.Language, "en") {
			padding = 50
		}
		cfg.model.whisper = whisperConfig{encoder: file("encoder"), decoder: file("decoder"), language: str(m.Language), task: str("transcribe"), tailPaddings: padding}
	case "moonshine":
		cfg.model.moonshine = moonshineConfig{file("preprocessor"), file("encoder"), file("uncached_decoder"), file("cached_decoder")}
	case "transducer", "nemo_transducer":
		if m.Kind == "nemo_transducer" {
			cfg.model.modelType = str("nemo_transducer")
		}
		cfg.model.transducer = transducerConfig{file("encoder"), file("decoder"), file("joiner")}
	case "paraformer":
		cfg.model.paraformer = file("model")
	case "sensevoice":
		cfg.model.senseVoice = senseVoiceConfig{model: file("model"), language: str(m.Language), useITN: 1}
	case "nemo_ctc":
		cfg.model.nemoCTC = file("model")
	case "tdnn":
		cfg.model.tdnn = file("model")
		cfg.features.featureDim = 23
	}
	pins.Pin(cfg)
	h := a.createRecognizer(cfg)
	if h == 0 {
		return nil, fmt.Errorf("the %s model cannot be loaded", m.Kind)
	}
	return &recognizer{a, h}, nil
}

// Token is a piece of the text and when it begins, in seconds; negative where the
// model has no times.
type Token struct {
	Text  string  `json:"text"`
	Start float64 `json:"start"`
}

// Reply is what a model heard.
type Reply struct {
	Text     string  `json:"text"`
	Tokens   []Token `json:"tokens"`
	Language string  `json:"language"`
	Error    string  `json:"error,omitempty"`
}

func (r *recognizer) transcribe(pcm []float32) Reply {
	if len(pcm) == 0 {
		return Reply{}
	}
	s := r.api.createStream(r.handle)
	defer r.api.destroyStream(s)
	r.api.acceptWaveform(s, 16000, unsafe.SliceData(pcm), int32(len(pcm)))
	r.api.decode(r.handle, s)
	res := r.api.getResult(s)
	if res == nil {
		return Reply{Error: "no result"}
	}
	defer r.api.destroyResult(res)
	out := Reply{Text: goString(res.text), Language: strings.Trim(goString(res.lang), "<|>")}
	for i := range int(res.count) {
		t := Token{Start: -1}
		if res.tokensArr != nil {
			t.Text = goString(unsafe.Slice(res.tokensArr, res.count)[i])
		}
		if res.timestamps != nil {
			t.Start = float64(unsafe.Slice(res.timestamps, res.count)[i])
		}
		out.Tokens = append(out.Tokens, t)
	}
	return out
}
