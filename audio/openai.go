package audio

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"mime/multipart"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/sony/gobreaker/v2"
)

// OpenAIConfig is the section [audio.openai]: a speech server that speaks
// OpenAI's API (OpenAI, Groq, whisper.cpp's server, speaches, LocalAI).
type OpenAIConfig struct {
	// BaseURL ends before /audio/transcriptions, "http://127.0.0.1:8179/v1".
	BaseURL string `toml:"base_url"`
	APIKey  string `toml:"api_key"`
	Model   string `toml:"model"`
	// Flavor says what the server understands beyond OpenAI's API: auto asks it.
	Flavor string `toml:"flavor" enum:"auto,openai,whispercpp"`
	// Partials says whether words are shown while somebody speaks: that sends
	// about five times the sound, so auto means no where sound costs money.
	Partials string `toml:"partials" enum:"auto,on,off"`
	// Timeout bounds one call; a call for short sound ends sooner.
	Timeout time.Duration `toml:"timeout"`
}

// DefaultOpenAIConfig has no server.
func DefaultOpenAIConfig() OpenAIConfig {
	return OpenAIConfig{Model: "whisper-1", Flavor: "auto", Partials: "auto", Timeout: 8 * time.Second}
}

// maxReply bounds what is read of a reply; a long utterance with word times has
// a few kilobytes.
const maxReply = 1 << 20

// openAI is the engine "openai".
type openAI struct {
	cfg     OpenAIConfig
	client  *http.Client
	breaker *gobreaker.CircuitBreaker[Result]
	flavor  atomic.Value // string, as asked of the server; nil until it has answered
}

func newOpenAI(cfg OpenAIConfig) *openAI {
	cfg.BaseURL = strings.TrimRight(cfg.BaseURL, "/")
	return &openAI{
		cfg:    cfg,
		client: &http.Client{},
		breaker: gobreaker.NewCircuitBreaker[Result](gobreaker.Settings{
			Name:        cfg.BaseURL,
			Timeout:     10 * time.Second,
			ReadyToTrip: func(c gobreaker.Counts) bool { return c.ConsecutiveFailures >= 5 },
			// A call that we gave up ourselves says nothing about the server.
			IsExcluded: func(err error) bool { return errors.Is(err, context.Canceled) },
		}),
	}
}

// String implements Recogniser.
func (o *openAI) String() string { return "openai " + o.cfg.Model }

// paid reports whether sound sent there costs money, as far as the address says.
func (o *openAI) paid() bool {
	return strings.Contains(o.cfg.BaseURL, "api.openai.com") || strings.Contains(o.cfg.BaseURL, "api.groq.com")
}

// partials reports whether the engine is to be asked while somebody speaks.
func (o *openAI) partials() bool {
	return o.cfg.Partials == "on" || o.cfg.Partials != "off" && !o.paid()
}

// Transcribe implements Recogniser.
func (o *openAI) Transcribe(ctx context.Context, pcm []float32, h Hints) (Result, error) {
	r, err := o.breaker.Execute(func() (Result, error) { return o.transcribe(ctx, pcm, h) })
	if errors.Is(err, gobreaker.ErrOpenState) || errors.Is(err, gobreaker.ErrTooManyRequests) {
		return r, fmt.Errorf("%w: %s failed five times in a row and rests", ErrAway, o.cfg.BaseURL)
	}
	return r, err
}

func (o *openAI) transcribe(ctx context.Context, pcm []float32, h Hints) (Result, error) {
	if !h.Patient {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, o.cfg.Timeout)
		defer cancel()
	}
	body, kind, err := o.form(pcm, h)
	if err != nil {
		return Result{}, err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, o.cfg.BaseURL+"/audio/transcriptions", body)
	if err != nil {
		return Result{}, fmt.Errorf("speech server: %w", err)
	}
	req.Header.Set("Content-Type", kind)
	if o.cfg.APIKey != "" {
		req.Header.Set("Authorization", "Bearer "+o.cfg.APIKey)
	}
	resp, err := o.client.Do(req)
	if err != nil {
		if ctx.Err() != nil {
			return Result{}, ctx.Err()
		}
		return Result{}, fmt.Errorf("%w: %w", ErrAway, err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(io.LimitReader(resp.Body, maxReply))
	if err != nil {
		return Result{}, fmt.Errorf("%w: %w", ErrAway, err)
	}
	if resp.StatusCode != http.StatusOK {
		why := fmt.Errorf("speech server says %s: %s", resp.Status, complaint(text))
		switch resp.StatusCode {
		case http.StatusBadRequest, http.StatusRequestEntityTooLarge, http.StatusUnsupportedMediaType, http.StatusUnprocessableEntity:
			return Result{}, why // it is this sound that is refused
		case http.StatusUnauthorized, http.StatusPaymentRequired, http.StatusForbidden, http.StatusNotFound, http.StatusMethodNotAllowed:
			return Result{}, fmt.Errorf("%w: %w", ErrAway, why) // a key, an address or a model that somebody will set right
		}
		return Result{}, fmt.Errorf("%w: %w", ErrBusy, why)
	}
	r, err := decodeVerbose(text)
	if n := len(r.Words); n > 0 && r.Words[n-1].End > soundTime(len(pcm)).Seconds()+5 {
		r.Words = nil // LocalAI has told nanoseconds, for one
	}
	return r, err
}

// verbose reports whether the model can tell words and likelihoods: OpenAI's
// gpt-4o models refuse the form that does.
func (o *openAI) verbose() bool { return !strings.HasPrefix(o.cfg.Model, "gpt-") }

// form is the multipart body. whisper.cpp's server takes a field audio_ctx, which
// cuts its work down to the sound there is: the encoder always takes 30 s
// otherwise.
func (o *openAI) form(pcm []float32, h Hints) (io.Reader, string, error) {
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	fields := [][2]string{
		{"model", o.cfg.Model},
		{"temperature", "0"},
		{"language", h.Language},
		{"prompt", strings.TrimSpace(h.Prompt + " " + ending(h.Before))},
	}
	if o.verbose() {
		fields = append(fields, [][2]string{{"response_format", "verbose_json"}, {"timestamp_granularities[]", "word"}, {"timestamp_granularities[]", "segment"}}...)
	} else {
		fields = append(fields, [2]string{"response_format", "json"})
	}
	if o.whisperCPP() && !h.Again {
		sound := float64(len(pcm)) / 16000
		frames := int(math.Ceil((50*sound+32)/64)) * 64
		fields = append(fields, [2]string{"audio_ctx", strconv.Itoa(min(frames, 1500))})
	}
	for _, f := range fields {
		if f[1] == "" {
			continue
		}
		if err := w.WriteField(f[0], f[1]); err != nil {
			return nil, "", fmt.Errorf("speech request: %w", err)
		}
	}
	part, err := w.CreateFormFile("file", "speech.wav")
	if err != nil {
		return nil, "", fmt.Errorf("speech request: %w", err)
	}
	if _, err := part.Write(encodeWAV(pcm)); err != nil {
		return nil, "", fmt.Errorf("speech request: %w", err)
	}
	if err := w.Close(); err != nil {
		return nil, "", fmt.Errorf("speech request: %w", err)
	}
	return &b, w.FormDataContentType(), nil
}

func (o *openAI) whisperCPP() bool {
	if asked, ok := o.flavor.Load().(string); ok {
		return asked == "whispercpp"
	}
	return o.cfg.Flavor == "whispercpp"
}

// Warm implements Recogniser. It asks the server whether it is there and what it is: whisper.cpp's has
// /health and no /v1/models. It warms the model up with a second of silence,
// since many servers load it with the first request.
func (o *openAI) Warm(ctx context.Context) error {
	if o.cfg.Flavor == "auto" {
		models, err := o.status(ctx, o.cfg.BaseURL+"/models")
		if err != nil {
			return err
		}
		health, err := o.status(ctx, strings.TrimSuffix(o.cfg.BaseURL, "/v1")+"/health")
		if err != nil {
			return err
		}
		flavor := "openai"
		if models == http.StatusNotFound && health == http.StatusOK {
			flavor = "whispercpp"
		}
		o.flavor.Store(flavor)
	}
	if o.paid() {
		return nil
	}
	_, err := o.Transcribe(ctx, make([]float32, 16000), Hints{Patient: true})
	return err
}

func (o *openAI) status(ctx context.Context, url string) (int, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return 0, fmt.Errorf("speech server: %w", err)
	}
	if o.cfg.APIKey != "" {
		req.Header.Set("Authorization", "Bearer "+o.cfg.APIKey)
	}
	resp, err := o.client.Do(req)
	if err != nil {
		return 0, fmt.Errorf("%w: %w", ErrAway, err)
	}
	resp.Body.Close()
	return resp.StatusCode, nil
}

// errReply says that what answers is no speech server, or one of another kind.
var errReply = errors.New("speech server's reply is not verbose_json")

// decodeVerbose reads a verbose_json reply. What a server leaves out is NaN or
// empty, never invented.
func decodeVerbose(text []byte) (Result, error) {
	type word struct {
		Word        string   `json:"word"`
		Start       float64  `json:"start"`
		End         float64  `json:"end"`
		Probability *float64 `json:"probability"`
	}
	var reply struct {
		Text     *string `json:"text"`
		Language string  `json:"language"`
		Words    []word  `json:"words"`
		Segments []struct {
			Start      float64  `json:"start"`
			End        float64  `json:"end"`
			AvgLogProb *float64 `json:"avg_logprob"`
			NoSpeech   *float64 `json:"no_speech_prob"`
			Words      []word   `json:"words"`
		} `json:"segments"`
	}
	if err := json.Unmarshal(text, &reply); err != nil || reply.Text == nil {
		return Result{}, fmt.Errorf("%w: %w: %s", ErrAway, errReply, complaint(text))
	}
	r := Result{Text: strings.TrimSpace(*reply.Text), Language: languageCode(reply.Language), LogProb: math.NaN(), NoSpeech: math.NaN()}
	words := reply.Words
	var logProb, noSpeech, seconds float64
	var haveLog, haveNo bool
	for _, s := range reply.Segments {
		if len(reply.Words) == 0 {
			words = append(words, s.Words...)
		}
		d := max(s.End-s.Start, 0.01)
		seconds += d
		if s.AvgLogProb != nil {
			logProb, haveLog = logProb+*s.AvgLogProb*d, true
		}
		if s.NoSpeech != nil {
			noSpeech, haveNo = noSpeech+*s.NoSpeech*d, true
		}
	}
	if haveLog {
		r.LogProb = logProb / seconds
	}
	if haveNo {
		r.NoSpeech = noSpeech / seconds
	}
	// whisper.cpp's words are tokens, pieces of words: one that begins a word begins
	// with a space. OpenAI's are words, without any.
	pieces := slices.ContainsFunc(words, func(w word) bool { return strings.HasPrefix(w.Word, " ") })
	for _, w := range words {
		t := strings.TrimSpace(w.Word)
		if t == "" {
			continue
		}
		p := -1.0
		if w.Probability != nil {
			p = max(0, min(1, *w.Probability))
		}
		if n := len(r.Words); n > 0 && pieces && !strings.HasPrefix(w.Word, " ") {
			last := &r.Words[n-1]
			last.Text, last.End, last.Prob = last.Text+t, w.End, min(last.Prob, p)
			continue
		}
		r.Words = append(r.Words, Word{Text: t, Start: w.Start, End: w.End, Prob: p})
	}
	return r, nil
}

// languageCode turns the English names that OpenAI answers with into codes.
func languageCode(name string) string {
	switch name = strings.ToLower(name); name {
	case "english":
		return "en"
	case "german":
		return "de"
	case "french":
		return "fr"
	case "spanish":
		return "es"
	case "japanese":
		return "ja"
	}
	if len(name) > 3 {
		return ""
	}
	return name
}

// complaint is what a server says is wrong, short enough for a log line.
func complaint(text []byte) string {
	var reply struct {
		Error json.RawMessage `json:"error"`
	}
	s := string(text)
	if json.Unmarshal(text, &reply) == nil && len(reply.Error) > 0 {
		var inner struct {
			Message string `json:"message"`
		}
		if json.Unmarshal(reply.Error, &inner) == nil && inner.Message != "" {
			s = inner.Message
		} else {
			s = strings.Trim(string(reply.Error), `"`)
		}
	}
	s = strings.Join(strings.Fields(strings.ToValidUTF8(s, "�")), " ")
	if len(s) > 200 {
		s = strings.ToValidUTF8(s[:200], "") + " …"
	}
	return cmp.Or(s, "nothing")
}
