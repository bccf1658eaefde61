package sherpa

import (
	"bufio"
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math"
	"os/exec"
	"strings"
	"sync"
	"time"
)

// The worker and its parent speak in messages: a length (u32, little-endian) and
// that many bytes. The first from the parent is a Model as JSON, answered with a
// Reply when it is loaded; each one after that is samples (float32,
// little-endian, mono, 16 kHz), answered with a Reply as JSON.

// maxMessage bounds a message: four minutes of sound.
const maxMessage = 16 << 20

// RunWorker is the child process: it loads the model that it is told over in and
// answers until in ends. Libs is the folder that Unpack returned.
func RunWorker(libs string, in io.Reader, out io.Writer) error {
	r := bufio.NewReader(in)
	first, err := readMessage(r)
	if err != nil {
		return fmt.Errorf("worker: %w", err)
	}
	var m Model
	if err := json.Unmarshal(first, &m); err != nil {
		return fmt.Errorf("worker: model: %w", err)
	}
	rec, err := newRecognizer(libs, m)
	if err != nil {
		return errors.Join(writeReply(out, Reply{Error: err.Error()}), err)
	}
	if err := writeReply(out, Reply{}); err != nil {
		return err
	}
	for {
		b, err := readMessage(r)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("worker: %w", err)
		}
		pcm := make([]float32, len(b)/4)
		for i := range pcm {
			pcm[i] = math.Float32frombits(binary.LittleEndian.Uint32(b[4*i:]))
		}
		if err := writeReply(out, rec.transcribe(pcm)); err != nil {
			return err
		}
	}
}

func readMessage(r io.Reader) ([]byte, error) {
	var head [4]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return nil, err
	}
	n := binary.LittleEndian.Uint32(head[:])
	if n > maxMessage {
		return nil, fmt.Errorf("message of %d bytes", n)
	}
	b := make([]byte, n)
	if _, err := io.ReadFull(r, b); err != nil {
		return nil, fmt.Errorf("message cut short: %w", err)
	}
	return b, nil
}

func writeMessage(w io.Writer, b []byte) error {
	m := binary.LittleEndian.AppendUint32(make([]byte, 0, 4+len(b)), uint32(len(b)))
	_, err := w.Write(append(m, b...))
	return err
}

func writeReply(w io.Writer, r Reply) error {
	b, err := json.Marshal(r)
	if err != nil {
		return fmt.Errorf("worker: %w", err)
	}
	return writeMessage(w, b)
}

// ErrWorker says that the worker ended or cannot be started; it is started anew
// with the next call, not sooner than after its pause.
var ErrWorker = errors.New("the recogniser's process ended")

// loadTime is how long a model may take to load; large ones come from a slow disk.
const loadTime = 2 * time.Minute

// Worker is the parent's side: it starts the child when it is needed, and again
// after it ended, with a pause that doubles from a second to a minute. Calls come
// from any goroutine and wait for each other.
type Worker struct {
	// Command makes the child's command, whose process calls RunWorker.
	Command func() *exec.Cmd
	Model   Model
	Log     *slog.Logger

	once     sync.Once
	life     context.Context // ends with Close
	end      context.CancelFunc
	turn     chan struct{} // holds one token; whoever has it owns what follows
	child    *child
	failures int
	notYet   time.Time
	lastErr  error
}

type child struct {
	cmd  *exec.Cmd
	in   io.WriteCloser
	out  *bufio.Reader
	said *tail
}

// tail keeps the first line that a child writes: the library says there what is
// wrong with a model, and what follows is a trace.
type tail struct {
	mu   sync.Mutex
	text []byte
}

func (t *tail) Write(b []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.text = append(t.text, b[:min(len(b), 2048-len(t.text))]...)
	return len(b), nil
}

func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	first, _, _ := strings.Cut(strings.TrimSpace(string(t.text)), "\n")
	return first
}

func (w *Worker) init() {
	w.once.Do(func() {
		w.turn = make(chan struct{}, 1)
		w.life, w.end = context.WithCancel(context.Background())
	})
}

// longestCall is how long a model may work for a caller without a deadline.
const longestCall = time.Minute

// Transcribe recognises mono samples at 16 kHz. It returns when ctx ends; the
// model, which cannot be interrupted, goes on until it has answered or ctx's
// deadline has passed. Only then is the child killed: to load the model again
// takes longer than to wait for an answer that nobody wants, and partials are
// given up at every pause.
func (w *Worker) Transcribe(ctx context.Context, pcm []float32) (Reply, error) {
	w.init()
	select {
	case w.turn <- struct{}{}:
	case <-ctx.Done():
		return Reply{}, ctx.Err()
	}
	deadline, ok := ctx.Deadline()
	if !ok {
		deadline = time.Now().Add(longestCall)
	}
	type answer struct {
		reply Reply
		err   error
	}
	done := make(chan answer, 1)
	go func() { // Close waits for it by taking the turn
		defer func() { <-w.turn }()
		work, cancel := context.WithDeadline(w.life, deadline)
		defer cancel()
		r, err := w.transcribe(work, pcm)
		done <- answer{r, err}
	}()
	select {
	case a := <-done:
		return a.reply, a.err
	case <-ctx.Done():
		return Reply{}, ctx.Err()
	}
}

func (w *Worker) transcribe(ctx context.Context, pcm []float32) (Reply, error) {
	if err := w.ready(ctx); err != nil {
		return Reply{}, err
	}
	if err := ctx.Err(); err != nil {
		return Reply{}, err // the model is loaded now, for the next one
	}
	b := make([]byte, 0, 4*len(pcm))
	for _, v := range pcm {
		b = binary.LittleEndian.AppendUint32(b, math.Float32bits(v))
	}
	said := w.child.said
	r, err := w.call(ctx, b)
	if err != nil {
		w.kill()
		if s := said.String(); s != "" {
			err = fmt.Errorf("%w: %s", err, s)
		}
		if ctx.Err() != nil {
			return Reply{}, ctx.Err()
		}
		w.failed(err)
		return Reply{}, fmt.Errorf("%w: %w", ErrWorker, err)
	}
	w.failures = 0
	if r.Error != "" {
		return r, errors.New(r.Error)
	}
	return r, nil
}

// Close ends the child, whatever it does. The Worker may not be used after it.
func (w *Worker) Close() {
	w.init()
	w.end()
	w.turn <- struct{}{}
	defer func() { <-w.turn }()
	w.kill()
}

// ready starts the child unless it runs.
func (w *Worker) ready(ctx context.Context) error {
	if w.child != nil {
		return nil // if it has ended, the call finds out
	}
	if wait := time.Until(w.notYet); wait > 0 {
		return fmt.Errorf("%w: started again in %v: %w", ErrWorker, wait.Round(time.Second), w.lastErr)
	}
	if err := w.start(ctx); err != nil {
		w.kill()
		w.failed(err)
		return fmt.Errorf("%w: %w", ErrWorker, err)
	}
	return nil
}

func (w *Worker) start(ctx context.Context) error {
	if err := w.Model.Check(); err != nil {
		return err
	}
	cmd := w.Command()
	said := &tail{}
	cmd.Stderr = said
	in, err := cmd.StdinPipe()
	if err != nil {
		return fmt.Errorf("start recogniser: %w", err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return fmt.Errorf("start recogniser: %w", err)
	}
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("start recogniser: %w", err)
	}
	c := &child{cmd: cmd, in: in, out: bufio.NewReader(out), said: said}
	w.child = c
	model, err := json.Marshal(w.Model)
	if err != nil {
		return fmt.Errorf("start recogniser: %w", err)
	}
	// The load goes on when the caller gives up: the next one needs it too.
	load, cancel := context.WithTimeout(w.life, loadTime)
	defer cancel()
	began := time.Now()
	r, err := w.call(load, model)
	if err != nil {
		return fmt.Errorf("load model: %w: %s", err, said)
	}
	if r.Error != "" {
		return fmt.Errorf("load model: %s", r.Error)
	}
	w.Log.Info("recogniser loaded", "kind", w.Model.Kind, "took", time.Since(began).Round(time.Millisecond), "pid", cmd.Process.Pid)
	return nil
}

// call sends a message and waits for the reply; an error leaves the child in a
// state that only killing mends.
func (w *Worker) call(ctx context.Context, b []byte) (r Reply, err error) {
	c := w.child
	stop := context.AfterFunc(ctx, func() { _ = c.cmd.Process.Kill() }) // ends the read below
	defer stop()
	if err := writeMessage(c.in, b); err != nil {
		return r, err
	}
	reply, err := readMessage(c.out)
	if err != nil {
		return r, err
	}
	if err := json.Unmarshal(reply, &r); err != nil {
		return r, fmt.Errorf("reply: %w", err)
	}
	return r, nil
}

func (w *Worker) kill() {
	c := w.child
	if c == nil {
		return
	}
	w.child = nil
	_ = c.in.Close()
	_ = c.cmd.Process.Kill() // it may have ended already
	_ = c.cmd.Wait()
}

func (w *Worker) failed(err error) {
	w.lastErr = err
	w.failures++
	pause := min(time.Second<<min(w.failures-1, 6), time.Minute)
	w.notYet = time.Now().Add(pause)
	w.Log.Warn("recogniser's process ended", "error", err, "failures", w.failures, "pause", pause)
}
