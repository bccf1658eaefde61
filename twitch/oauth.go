package twitch

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// token is what the owner of the token keeps, sealed.
type token struct {
	Access  string    `json:"access_token"`
	Refresh string    `json:"refresh_token"`
	Expires time.Time `json:"expires_at"`
	Scopes  []string  `json:"scopes"`
	UserID  string    `json:"user_id"`
	Login   string    `json:"login"`
	// ClientID is the application that the token belongs to.
	ClientID string `json:"client_id"`
}

// oauth speaks to id.twitch.tv. It has no breaker: a token must come back as soon
// as it can.
type oauth struct {
	base     string
	clientID string
	secret   string
	http     *http.Client
}

type deviceAnswer struct {
	DeviceCode      string `json:"device_code"`
	UserCode        string `json:"user_code"`
	VerificationURI string `json:"verification_uri"`
	ExpiresIn       int    `json:"expires_in"`
	Interval        int    `json:"interval"`
}

// device begins a sign-in.
func (o oauth) device(ctx context.Context) (deviceAnswer, error) {
	var a deviceAnswer
	err := o.post(ctx, "/device", url.Values{"client_id": {o.clientID}, "scopes": {strings.Join(scopes, " ")}}, &a)
	return a, err
}

// exchange asks for the token of a sign-in; authorization_pending is an *Error
// whose message says so.
func (o oauth) exchange(ctx context.Context, deviceCode string) (token, error) {
	return o.token(ctx, url.Values{
		"client_id": {o.clientID}, "scopes": {strings.Join(scopes, " ")}, "device_code": {deviceCode},
		"grant_type": {"urn:ietf:params:oauth:grant-type:device_code"},
	})
}

// refresh trades a refresh token for a new token.
func (o oauth) refresh(ctx context.Context, refreshToken string) (token, error) {
	form := url.Values{"client_id": {o.clientID}, "grant_type": {"refresh_token"}, "refresh_token": {refreshToken}}
	if o.secret != "" {
		form.Set("client_secret", o.secret)
	}
	return o.token(ctx, form)
}

func (o oauth) token(ctx context.Context, form url.Values) (token, error) {
	var a struct {
		Access  string     `json:"access_token"`
		Refresh string     `json:"refresh_token"`
		Expires int        `json:"expires_in"`
		Scope   scopeNames `json:"scope"`
	}
	if err := o.post(ctx, "/token", form, &a); err != nil {
		return token{}, err
	}
	if a.Access == "" {
		return token{}, &Error{Code: "unexpected_format", Message: "Twitch answered without a token", Status: http.StatusOK}
	}
	return token{Access: a.Access, Refresh: a.Refresh, Expires: expiry(a.Expires), Scopes: a.Scope, ClientID: o.clientID}, nil
}

type validAnswer struct {
	ClientID string     `json:"client_id"`
	Login    string     `json:"login"`
	UserID   string     `json:"user_id"`
	Scopes   scopeNames `json:"scopes"`
	Expires  int        `json:"expires_in"`
}

// validate asks whose token it is and what it may do. Twitch wants this at the
// start and every hour.
func (o oauth) validate(ctx context.Context, access string) (validAnswer, error) {
	var a validAnswer
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, o.base+"/validate", nil)
	if err != nil {
		return a, &Error{Code: "api_error", Message: "validate the token", cause: err}
	}
	req.Header.Set("Authorization", "OAuth "+access)
	return a, o.do(req, &a)
}

func (o oauth) post(ctx context.Context, path string, form url.Values, into any) error {
	ctx, cancel := context.WithTimeout(ctx, 15*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, o.base+path, strings.NewReader(form.Encode()))
	if err != nil {
		return &Error{Code: "api_error", Message: "sign in to Twitch", cause: err}
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return o.do(req, into)
}

// do never puts what was sent into an error: it holds secrets.
func (o oauth) do(req *http.Request, into any) error {
	resp, err := o.http.Do(req)
	if err != nil {
		return &Error{Code: "not_connected", Message: "Twitch's sign-in cannot be reached", cause: withoutURL(err)}
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, 1<<20))
	if err != nil {
		return &Error{Code: "not_connected", Message: "Twitch's sign-in broke off", cause: err}
	}
	if resp.StatusCode != http.StatusOK {
		var a struct {
			Message string `json:"message"`
		}
		_ = json.Unmarshal(body, &a) // without a message the status has to do
		if a.Message == "" {
			a.Message = http.StatusText(resp.StatusCode)
		}
		return &Error{Code: codeOf(resp.StatusCode), Message: "Twitch's sign-in says: " + a.Message, Status: resp.StatusCode}
	}
	if err := json.Unmarshal(body, into); err != nil {
		return &Error{Code: "unexpected_format", Message: "Twitch's sign-in answered with something else", Status: resp.StatusCode}
	}
	return nil
}

func expiry(seconds int) time.Time {
	if seconds <= 0 {
		return time.Time{} // unknown; validation will tell
	}
	return time.Now().Add(time.Duration(seconds) * time.Second).UTC()
}

// scopeNames reads scopes as a list or as words in one text.
type scopeNames []string

func (s *scopeNames) UnmarshalJSON(data []byte) error {
	data = bytes.TrimSpace(data)
	if len(data) > 0 && data[0] == '"' {
		var words string
		if err := json.Unmarshal(data, &words); err != nil {
			return err
		}
		*s = strings.FieldsFunc(words, func(r rune) bool { return r == ' ' || r == ',' || r == '+' })
		return nil
	}
	if err := json.Unmarshal(data, (*[]string)(s)); err != nil {
		return fmt.Errorf("scopes: want a list or text: %w", err)
	}
	return nil
}

// withoutURL takes the address, which may hold a secret, out of net/http's
// error.
func withoutURL(err error) error {
	if u, ok := err.(*url.Error); ok {
		return u.Err
	}
	return err
}
