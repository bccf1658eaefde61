package sherpa

import (
	"context"
	"encoding/binary"
	"errors"
	"log/slog"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestMain is also the worker: the tests start themselves as the child.
func TestMain(m *testing.M) {
	if libs := os.Getenv("SHERPA_WORKER"); libs != "" {
		if d, err := time.ParseDuration(os.Getenv("SHERPA_DELAY")); err == nil {
			time.Sleep(d) // a model that loads from a slow disk
		}
		if err := RunWorker(libs, os.Stdin, os.Stdout); err != nil {
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// tinyModel writes a TDNN model whose structure is real and whose weights are
// not: one matrix and a softmax over the features. Its text means nothing.
func tinyModel(t *testing.T) Model {
	t.Helper()
	dir := t.TempDir()
	const features, tokens = 23, 4
	weight := make([]byte, 0, 4*features*tokens)
	for i := range features * tokens {
		weight = binary.LittleEndian.AppendUint32(weight, math.Float32bits(float32(math.Sin(float64(i)))))
	}
	dim := func(n uint64, name string) []byte {
		if name != "" {
			return message(2, []byte(name))
		}
		return number(1, n)
	}
	value := func(name string, dims ...[]byte) []byte {
		var shape []byte
		for _, d := range dims {
			shape = append(shape, message(1, d)...)
		}
		tensor := append(number(1, 1), message(2, shape)...) // float
		return append(message(1, []byte(name)), message(2, message(1, tensor))...)
	}
	node := func(op string, in []string, out string, attrs ...[]byte) []byte {
		var b []byte
		for _, i := range in {
			b = append(b, message(1, []byte(i))...)
		}
		b = append(b, message(2, []byte(out))...)
		b = append(b, message(4, []byte(op))...)
		for _, a := range attrs {
			b = append(b, message(5, a)...)
		}
		return b
	}
	initializer := concat(number(1, features), number(1, tokens), number(2, 1), message(8, []byte("w")), message(9, weight))
	last := concat(message(1, []byte("axis")), number(3, 2), number(20, 2))
	graph := concat(
		message(1, node("MatMul", []string{"x", "w"}, "y")),
		message(1, node("LogSoftmax", []string{"y"}, "log_probs", last)),
		message(2, []byte("tiny")),
		message(5, initializer),
		message(11, value("x", dim(0, "N"), dim(0, "T"), dim(features, ""))),
		message(12, value("log_probs", dim(0, "N"), dim(0, "T"), dim(tokens, ""))),
	)
	meta := func(k, v string) []byte {
		return message(14, append(message(1, []byte(k)), message(2, []byte(v))...))
	}
	model := concat(number(1, 8), message(7, graph), message(8, number(2, 13)), meta("vocab_size", "4"), meta("model_type", "tdnn"))
	m := Model{Kind: "tdnn", Threads: 1, Files: map[string]string{"model": filepath.Join(dir, "model.onnx"), "tokens": filepath.Join(dir, "tokens.txt")}}
	write(t, m.Files["model"], model)
	write(t, m.Files["tokens"], []byte("<blk> 0\nyes 1\nno 2\nmaybe 3\n"))
	return m
}

func write(t *testing.T, file string, b []byte) {
	t.Helper()
	if err := os.WriteFile(file, b, 0o600); err != nil {
		t.Fatal(err)
	}
}

// message and number are the two wire types of protocol buffers that ONNX needs.
func message(field uint64, b []byte) []byte {
	out := binary.AppendUvarint(nil, field<<3|2)
	out = binary.AppendUvarint(out, uint64(len(b)))
	return append(out, b...)
}

func number(field, v uint64) []byte {
	return binary.AppendUvarint(binary.AppendUvarint(nil, field<<3), v)
}

func concat(parts ...[]byte) []byte {
	var b []byte
	for _, p := range parts {
		b = append(b, p...)
	}
	return b
}

func worker(t *testing.T, m Model) *Worker {
	t.Helper()
	libs, err := Unpack(t.TempDir())
	if errors.Is(err, ErrUnsupported) {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	w := &Worker{Model: m, Log: slog.New(slog.DiscardHandler), Command: func() *exec.Cmd {
		c := exec.Command(os.Args[0])
		c.Env = append(os.Environ(), "SHERPA_WORKER="+libs)
		return c
	}}
	t.Cleanup(w.Close)
	return w
}

func noise(seconds int) []float32 {
	pcm := make([]float32, seconds*16000)
	for i := range pcm {
		pcm[i] = float32(math.Sin(float64(i*i%977))) * 0.3
	}
	return pcm
}

// TestWorker runs the real library on a real graph in a real child.
func TestWorker(t *testing.T) {
	w := worker(t, tinyModel(t))
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	for range 3 {
		r, err := w.Transcribe(ctx, noise(2))
		if err != nil {
			t.Fatal(err)
		}
		if r.Text == "" || strings.Trim(r.Text, "abemnosy ") != "" {
			t.Errorf("got %q, want words of the model's own", r.Text)
		}
	}
	if r, err := w.Transcribe(ctx, nil); err != nil || r.Text != "" {
		t.Errorf("no sound: got %q, %v", r.Text, err)
	}
}

// TestWorkerKilled: the child is killed in the middle; the call says so, and the
// next one has a new child.
func TestWorkerKilled(t *testing.T) {
	w := worker(t, tinyModel(t))
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	if _, err := w.Transcribe(ctx, noise(1)); err != nil {
		t.Fatal(err)
	}
	first := w.child.cmd.Process
	if err := first.Kill(); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Transcribe(ctx, noise(1)); !errors.Is(err, ErrWorker) {
		t.Fatalf("got %v, want that the process ended", err)
	}
	if _, err := w.Transcribe(ctx, noise(1)); !errors.Is(err, ErrWorker) {
		t.Fatalf("at once after it: got %v, want the pause", err)
	}
	w.notYet = time.Time{}
	if r, err := w.Transcribe(ctx, noise(1)); err != nil || r.Text == "" {
		t.Fatalf("after the pause: got %q, %v", r.Text, err)
	}
	if w.child.cmd.Process.Pid == first.Pid {
		t.Error("the same process answers")
	}
}

// TestBrokenModel: what ends the library's process does not end ours.
func TestBrokenModel(t *testing.T) {
	m := tinyModel(t)
	write(t, m.Files["model"], []byte("this is no model"))
	w := worker(t, m)
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	if _, err := w.Transcribe(ctx, noise(1)); !errors.Is(err, ErrWorker) {
		t.Errorf("got %v, want that the process ended", err)
	}
}

// TestGivingUp: a caller that gives up is let go at once, and a later one served.
func TestGivingUp(t *testing.T) {
	w := worker(t, tinyModel(t))
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	if _, err := w.Transcribe(ctx, noise(1)); err != nil {
		t.Fatal(err)
	}
	gone, leave := context.WithCancel(ctx)
	leave()
	if _, err := w.Transcribe(gone, noise(60)); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want canceled", err)
	}
	if _, err := w.Transcribe(ctx, noise(1)); err != nil {
		t.Errorf("the next caller: %v", err)
	}
}

// TestSlowModel: a model that loads longer than the first caller waits is loaded
// once, for the next one.
func TestSlowModel(t *testing.T) {
	w := worker(t, tinyModel(t))
	plain, starts := w.Command, 0
	w.Command = func() *exec.Cmd {
		starts++
		c := plain()
		c.Env = append(c.Env, "SHERPA_DELAY=500ms")
		return c
	}
	short, cancel := context.WithTimeout(context.Background(), 100*time.Millisecond)
	defer cancel()
	if _, err := w.Transcribe(short, noise(1)); !errors.Is(err, context.DeadlineExceeded) {
		t.Fatalf("got %v, want that the time is over", err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	if r, err := w.Transcribe(ctx, noise(1)); err != nil || r.Text == "" {
		t.Errorf("got %q, %v", r.Text, err)
	}
	if starts != 1 {
		t.Errorf("the child was started %d times, want once", starts)
	}
}

// TestLeft: a call that is given up leaves the child and its model as they are.
func TestLeft(t *testing.T) {
	w := worker(t, tinyModel(t))
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	if _, err := w.Transcribe(ctx, noise(1)); err != nil {
		t.Fatal(err)
	}
	pid := w.child.cmd.Process.Pid
	for range 20 {
		gone, leave := context.WithCancel(ctx)
		go leave()
		if _, err := w.Transcribe(gone, noise(30)); err != nil && !errors.Is(err, context.Canceled) {
			t.Fatal(err)
		}
		leave()
	}
	if _, err := w.Transcribe(ctx, noise(1)); err != nil {
		t.Fatal(err)
	}
	if w.child.cmd.Process.Pid != pid {
		t.Error("the model was loaded again")
	}
}

func TestModelCheck(t *testing.T) {
	if err := (Model{Kind: "whisper", Files: map[string]string{"encoder": "/nowhere/e.onnx"}}).Check(); err == nil {
		t.Error("no error for a model without its files")
	} else if s := err.Error(); !strings.Contains(s, "encoder") || !strings.Contains(s, "decoder") || !strings.Contains(s, "tokens") {
		t.Errorf("got %q, want all that is missing", s)
	}
	if err := (Model{Kind: "gpt"}).Check(); err == nil {
		t.Error("no error for an unknown kind")
	}
}
