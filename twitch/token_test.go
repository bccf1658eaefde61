package twitch

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"landale/event"
	"landale/twitch/twitchtest"
)

func TestVault(t *testing.T) {
	v := vault{filepath.Join(t.TempDir(), "new")}
	var tok token
	if err := v.load(&tok); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("an empty folder: %v", err)
	}
	want := token{Access: "access-secret", Refresh: "refresh-secret", Login: "a", Scopes: []string{"x"}}
	if err := v.save(want); err != nil {
		t.Fatal(err)
	}
	first, _ := os.ReadFile(filepath.Join(v.dir, tokenFile))
	if err := v.save(want); err != nil {
		t.Fatal(err)
	}
	second, _ := os.ReadFile(filepath.Join(v.dir, tokenFile))
	if bytes.Equal(first, second) || bytes.Contains(second, []byte("secret")) {
		t.Error("the same token is sealed the same, or not at all")
	}
	if err := v.load(&tok); err != nil || tok.Refresh != want.Refresh {
		t.Errorf("got %+v, %v", tok, err)
	}
	for _, name := range []string{keyFile, tokenFile} {
		info, err := os.Stat(filepath.Join(v.dir, name))
		if err != nil || runtime.GOOS != "windows" && info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v, %v", name, info.Mode(), err)
		}
	}
	for i := range second {
		broken := bytes.Clone(second)
		broken[i] ^= 1
		os.WriteFile(filepath.Join(v.dir, tokenFile), broken, 0o600)
		if err := v.load(&tok); err == nil {
			t.Fatalf("byte %d was changed and nobody noticed", i)
		}
	}
	os.WriteFile(filepath.Join(v.dir, tokenFile), second[:9], 0o600)
	if err := v.load(&tok); err == nil {
		t.Error("a cut file was read")
	}
	os.WriteFile(filepath.Join(v.dir, keyFile), []byte("short"), 0o600)
	os.Remove(filepath.Join(v.dir, tokenFile))
	if err := v.save(want); err == nil {
		t.Error("a key that is none sealed a token")
	}
	if _, err := os.Stat(filepath.Join(v.dir, tokenFile)); err == nil {
		t.Error("what could not be sealed was stored")
	}
}

func TestSignInByDeviceCode(t *testing.T) {
	fake := twitchtest.New(t)
	dir := t.TempDir()
	r := newRig(t, fake, dir).serve()
	r.until(5*time.Second, "waiting for a sign-in", func() bool {
		st := r.t.Status()
		return st.State == event.Waiting && strings.Contains(st.Reason, "sign in on the dashboard")
	})
	in, err := r.t.StartSignIn(t.Context())
	if err != nil || in.UserCode != "ABCDEFGH" || !strings.HasPrefix(in.VerificationURI, "https://") || in.State != "waiting" {
		t.Fatalf("got %+v, %v", in, err)
	}
	r.until(5*time.Second, "some polls", func() bool { return fake.Requests("/oauth2/token") >= 3 })
	if got := r.t.SignInState().State; got != "waiting" {
		t.Errorf("state %s before the owner agreed", got)
	}
	fake.Agree()
	r.running()
	if got := r.t.SignInState(); got.State != "done" || got.UserCode != "" {
		t.Errorf("got %+v", got)
	}
	r.halt()
	polls := fake.Requests("/oauth2/token")
	again := newRig(t, fake, dir).serve().running() // from what was stored
	if fake.Requests("/oauth2/token") != polls || again.t.Token().Login != twitchtest.Login {
		t.Errorf("got %+v", again.t.Token())
	}
	if err := again.t.SignOut(); err != nil {
		t.Fatal(err)
	}
	again.until(5*time.Second, "the end of the session", func() bool { return fake.Sessions() == 0 && again.t.Status().State == event.Waiting })
	if _, err := os.Stat(filepath.Join(dir, tokenFile)); err == nil {
		t.Error("the token is still there")
	}
}

func TestSignInThatEnds(t *testing.T) {
	fake := twitchtest.New(t)
	r := newRig(t, fake, t.TempDir()).serve()
	if _, err := r.t.StartSignIn(t.Context()); err != nil {
		t.Fatal(err)
	}
	fake.Deny()
	r.until(5*time.Second, "denied", func() bool { return r.t.SignInState().State == "denied" })
	fake.Fail("/oauth2/token", 503, 3, nil)
	if _, err := r.t.StartSignIn(t.Context()); err != nil {
		t.Fatal(err)
	}
	fake.Agree()
	r.running() // a Twitch that hiccups ends no sign-in
	r.t.cfg.ClientID = ""
	if _, err := r.t.StartSignIn(t.Context()); err == nil || err.(*Error).ErrorCode() != "validation_failed" {
		t.Errorf("without an application: %v", err)
	}
}

func TestUploadToken(t *testing.T) {
	fake := twitchtest.New(t)
	r := newRig(t, fake, t.TempDir())
	for _, bad := range []string{"", "null", "[]", `{}`, `{"access_token":7}`, `{"access_token":"unknown"}`} {
		if err := r.t.UploadToken(t.Context(), []byte(bad)); err == nil {
			t.Errorf("%s was taken", bad)
		}
	}
	if r.t.Token().Connected {
		t.Error("a wrong token took the place of none")
	}
	if err := r.t.UploadToken(t.Context(), fake.Token()); err != nil || !r.t.Token().Valid {
		t.Errorf("got %v, %+v", err, r.t.Token())
	}
	if err := r.t.UploadToken(t.Context(), []byte(`{"access_token":"wrong"}`)); err == nil || !r.t.Token().Valid {
		t.Errorf("a wrong one took a good one's place: %v", err)
	}
}

// Two refreshers once raced for one refresh token, and the loser signed the owner
// out (F22).
func TestOneRefreshForAll(t *testing.T) {
	fake := twitchtest.New(t)
	r := newRig(t, fake, t.TempDir()).start().running()
	fake.Expire()
	var wg sync.WaitGroup
	errs := make(chan error, 20)
	for range 20 {
		wg.Go(func() { _, err := r.t.Users(t.Context(), twitchtest.Login); errs <- err })
	}
	wg.Wait()
	for range 20 {
		if err := <-errs; err != nil {
			t.Error(err)
		}
	}
	if n := fake.Requests("/oauth2/token"); n != 1 {
		t.Errorf("%d refreshes, want 1", n)
	}
	if r.t.Status().State != event.Running || fake.Requests("/ws") != 1 {
		t.Errorf("a refresh touched the session: %+v", r.t.Status())
	}
	fake.SignOut()
	_, err := r.t.Users(t.Context(), twitchtest.Login)
	var refusal *Error
	if !errors.As(err, &refusal) || refusal.ErrorCode() != "unauthorized" {
		t.Errorf("after Twitch revoked it: %v", err)
	}
	before := fake.Requests("/oauth2/token")
	for range 5 {
		r.t.Users(t.Context(), twitchtest.Login)
	}
	if n := fake.Requests("/oauth2/token"); n != before {
		t.Errorf("%d more refreshes of a dead token", n-before)
	}
	r.until(5*time.Second, "the one button", func() bool { return r.t.Token().SignInDue && strings.Contains(r.t.Status().Reason, "sign in again") })
}
