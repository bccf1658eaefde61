package audio

import (
	"archive/tar"
	"compress/bzip2"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path"
	"path/filepath"
	"time"

	"landale/audio/sherpa"
)

// ModelInfo is one model of the catalogue: what it is, and whether it is here.
type ModelInfo struct {
	ID       string `json:"id"`
	Title    string `json:"title"`
	Language string `json:"language"` // ISO 639-1, or "many"
	Licence  string `json:"licence"`
	// Speed is light, fair or heavy: what one core of a PC that also plays a game
	// can take.
	Speed string `json:"speed"`
	// Bytes is the size of the download.
	Bytes  int64  `json:"bytes"`
	URL    string `json:"url"`
	SHA256 string `json:"sha256"`

	Installed bool `json:"installed"`

	kind   string
	folder string
	files  map[string]string // by role
}

// release is where sherpa-onnx publishes models that it has converted.
const release = "https://github.com/k2-fsa/sherpa-onnx/releases/download/asr-models/"

func archive(id, title, language, licence, speed string, size int64, sum, kind, folder string, files map[string]string) ModelInfo {
	return ModelInfo{ID: id, Title: title, Language: language, Licence: licence, Speed: speed, Bytes: size,
		URL: release + folder + ".tar.bz2", SHA256: sum, kind: kind, folder: folder, files: files}
}

func whisperFiles(name string) map[string]string {
	return map[string]string{"encoder": name + "-encoder.int8.onnx", "decoder": name + "-decoder.int8.onnx", "tokens": name + "-tokens.txt"}
}

var moonshineFiles = map[string]string{"preprocessor": "preprocess.onnx", "encoder": "encode.int8.onnx", "uncached_decoder": "uncached_decode.int8.onnx", "cached_decoder": "cached_decode.int8.onnx", "tokens": "tokens.txt"}

var transducerFiles = map[string]string{"encoder": "encoder.int8.onnx", "decoder": "decoder.int8.onnx", "joiner": "joiner.int8.onnx", "tokens": "tokens.txt"}

// models is the pinned catalogue. Size and SHA-256 are those of the published
// archives; a file that differs is not used.
var models = []ModelInfo{
	archive("moonshine-tiny-en", "Moonshine tiny", "en", "MIT", "light", 107_600_538, "d5fe6ec4334fef36255b2a4010412cad4c007e33103fec62fb5d17cad88086f2", "moonshine", "sherpa-onnx-moonshine-tiny-en-int8", moonshineFiles),
	archive("moonshine-base-en", "Moonshine base", "en", "MIT", "fair", 250_807_309, "21870cecaa2e44e4e2bf63e02d1072bed183ccd10284871353bd9d24dad14e5e", "moonshine", "sherpa-onnx-moonshine-base-en-int8", moonshineFiles),
	archive("parakeet-110m-en", "Parakeet TDT 110M", "en", "CC-BY-4.0", "light", 108_035_095, "f628312e9fdf8686374cb01a69425c41732529d540860311f16f37cbc32cfe9b", "nemo_transducer", "sherpa-onnx-nemo-parakeet_tdt_transducer_110m-en-36000-int8", transducerFiles),
	archive("parakeet-0.6b-en", "Parakeet TDT 0.6B v2", "en", "CC-BY-4.0", "heavy", 482_468_385, "157c157bc51155e03e37d2466522a3a737dd9c72bb25f36eb18912964161e1ad", "nemo_transducer", "sherpa-onnx-nemo-parakeet-tdt-0.6b-v2-int8", transducerFiles),
	archive("whisper-tiny-en", "Whisper tiny", "en", "MIT", "light", 118_071_777, "2bd6cf965c8bb3e068ef9fa2191387ee63a9dfa2a4e37582a8109641c20005dd", "whisper", "sherpa-onnx-whisper-tiny.en", whisperFiles("tiny.en")),
	archive("whisper-base-en", "Whisper base", "en", "MIT", "fair", 208_576_005, "475bc7052ce299c007f6d5d5407ba8601f819a2867f6eecee510ed17df581542", "whisper", "sherpa-onnx-whisper-base.en", whisperFiles("base.en")),
	archive("whisper-small-en", "Whisper small", "en", "MIT", "heavy", 635_693_775, "0cdba2b8aaab69e04847f3427cc9709574112e67913a1a84b7fec3a8729faa9a", "whisper", "sherpa-onnx-whisper-small.en", whisperFiles("small.en")),
}

// library is the models folder.
type library struct {
	dir    string
	models []ModelInfo
	client *http.Client
}

func newLibrary(dir string) *library {
	return &library{dir: dir, models: models, client: http.DefaultClient}
}

// list is the catalogue with what is installed.
func (l *library) list() []ModelInfo {
	list := make([]ModelInfo, len(l.models))
	copy(list, l.models)
	for i := range list {
		list[i].Installed = l.model(list[i]).Check() == nil
	}
	return list
}

func (l *library) find(id string) (ModelInfo, bool) {
	for _, m := range l.models {
		if m.ID == id {
			return m, true
		}
	}
	return ModelInfo{}, false
}

// model is a catalogue entry as the recogniser wants it.
func (l *library) model(m ModelInfo) sherpa.Model {
	files := make(map[string]string, len(m.files))
	for role, name := range m.files {
		files[role] = filepath.Join(l.dir, m.ID, name)
	}
	return sherpa.Model{Kind: m.kind, Files: files, Language: m.Language}
}

// errChecksum says that a download is not the file that the catalogue pins.
var errChecksum = errors.New("the download is not the file that was expected")

// install downloads a model, goes on with what an earlier try has left, checks
// it, and unpacks the files that are needed. Progress is called with the bytes
// that are here. It returns soon after ctx ends; what was downloaded stays.
func (l *library) install(ctx context.Context, m ModelInfo, progress func(done int64)) error {
	if l.model(m).Check() == nil {
		return nil
	}
	if err := os.MkdirAll(l.dir, 0o700); err != nil {
		return fmt.Errorf("model %s: %w", m.ID, err)
	}
	part := filepath.Join(l.dir, m.ID+".part")
	if err := l.download(ctx, m, part, progress); err != nil {
		return fmt.Errorf("model %s: %w", m.ID, err)
	}
	if err := verify(part, m.SHA256); err != nil {
		// Only from the beginning can it become right.
		return errors.Join(fmt.Errorf("model %s: %w", m.ID, err), os.Remove(part))
	}
	if err := l.unpack(ctx, m, part); err != nil {
		return fmt.Errorf("model %s: %w", m.ID, err)
	}
	if err := os.Remove(part); err != nil {
		return fmt.Errorf("model %s: %w", m.ID, err)
	}
	return nil
}

// download appends to the file until it has all of its bytes.
func (l *library) download(ctx context.Context, m ModelInfo, file string, progress func(int64)) error {
	f, err := os.OpenFile(file, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	have := info.Size()
	if have > m.Bytes {
		if err := f.Truncate(0); err != nil {
			return err
		}
		have = 0
	}
	progress(have)
	if have == m.Bytes {
		return nil
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, m.URL, nil)
	if err != nil {
		return err
	}
	if have > 0 {
		req.Header.Set("Range", fmt.Sprintf("bytes=%d-", have))
	}
	resp, err := l.client.Do(req)
	if err != nil {
		return fmt.Errorf("download: %w", err)
	}
	defer resp.Body.Close()
	switch {
	case resp.StatusCode == http.StatusOK: // the server begins anew
		if err := f.Truncate(0); err != nil {
			return err
		}
		have = 0
	case resp.StatusCode != http.StatusPartialContent || have == 0:
		return fmt.Errorf("download: the server says %s", resp.Status)
	}
	body := io.LimitReader(resp.Body, m.Bytes-have+1) // one more shows that it is another file
	buf := make([]byte, 256<<10)
	var told time.Time
	for {
		n, err := body.Read(buf)
		if n > 0 {
			if _, err := f.Write(buf[:n]); err != nil {
				return err
			}
			have += int64(n)
			if time.Since(told) > 200*time.Millisecond {
				told = time.Now()
				progress(have)
			}
		}
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return fmt.Errorf("download: %w", err)
		}
	}
	progress(have)
	if have != m.Bytes {
		return fmt.Errorf("download: %w: %d bytes, want %d", io.ErrUnexpectedEOF, have, m.Bytes)
	}
	return f.Sync()
}

func verify(file, want string) error {
	f, err := os.Open(file)
	if err != nil {
		return err
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return err
	}
	if got := hex.EncodeToString(h.Sum(nil)); got != want {
		return fmt.Errorf("%w: SHA-256 %s, want %s", errChecksum, got, want)
	}
	return nil
}

// unpack takes the needed files out of the archive into a folder that gets its
// name when it is complete. Names in the archive are only compared, never used.
func (l *library) unpack(ctx context.Context, m ModelInfo, file string) error {
	f, err := os.Open(file)
	if err != nil {
		return err
	}
	defer f.Close()
	tmp := filepath.Join(l.dir, m.ID+".new")
	if err := os.RemoveAll(tmp); err != nil {
		return err
	}
	if err := os.MkdirAll(tmp, 0o700); err != nil {
		return err
	}
	want := map[string]string{}
	for _, name := range m.files {
		want[path.Join(m.folder, name)] = name
	}
	for t := tar.NewReader(bzip2.NewReader(f)); len(want) > 0; {
		if err := ctx.Err(); err != nil {
			return err
		}
		h, err := t.Next()
		if errors.Is(err, io.EOF) {
			return fmt.Errorf("the archive lacks %d files", len(want))
		}
		if err != nil {
			return fmt.Errorf("unpack: %w", err)
		}
		name, ok := want[path.Clean(h.Name)]
		if !ok || h.Typeflag != tar.TypeReg {
			continue
		}
		delete(want, path.Clean(h.Name))
		out, err := os.OpenFile(filepath.Join(tmp, name), os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
		if err != nil {
			return err
		}
		_, err = io.Copy(out, t)
		if err := errors.Join(err, out.Close()); err != nil {
			return fmt.Errorf("unpack: %w", err)
		}
	}
	final := filepath.Join(l.dir, m.ID)
	if err := os.RemoveAll(final); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return os.Rename(tmp, final)
}
