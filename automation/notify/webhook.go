package notify

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"irccpin/automation/lang"
	"irccpin/automation/secret"
)

const (
	// attempts bounds how often one event is sent; with the pauses below the last
	// one comes after half a minute or so, which outlives a restart of the receiver.
	attempts = 6
	// firstPause is doubled after each attempt, up to maxPause.
	firstPause = time.Second
	maxPause   = 30 * time.Second
	// attemptTime bounds one attempt; receivers are to take it and work later.
	attemptTime = 10 * time.Second
)

// The headers of a webhook.
const (
	HeaderTimestamp = "X-Irccpin-Timestamp"
	HeaderSignature = "X-Irccpin-Signature"
)

// webhook posts events to an address.
type webhook struct {
	address *url.URL
	key     secret.Value
	client  *http.Client
}

func newWebhook(address string, key secret.Value) (*webhook, error) {
	u, err := url.Parse(address)
	switch {
	case err != nil, u.Hostname() == "", u.Opaque != "":
		// What is in it may be a secret of the receiver's.
		return nil, lang.NewError("--notify-webhook is not an address such as https://example.com/hook")
	case u.User != nil:
		return nil, lang.NewError("--notify-webhook has a user name in it; the receiver is to check the signature instead")
	case u.Fragment != "":
		return nil, lang.NewError("--notify-webhook has a # in it, and what follows would not be sent")
	case u.Scheme == "http" && !loopback(u.Hostname()):
		return nil, lang.NewError("--notify-webhook must be https: names of employers and users would be readable on the way (http is for this machine alone)")
	case u.Scheme != "https" && u.Scheme != "http":
		return nil, lang.NewError("--notify-webhook must begin with https://")
	case key.IsZero():
		return nil, lang.NewError("--notify-webhook needs a key to sign with: set IRCCPIN_WEBHOOK_KEY, or its _FILE or _COMMAND")
	case len(key.Reveal()) < minKey:
		return nil, lang.Errorf("the key of --notify-webhook (IRCCPIN_WEBHOOK_KEY) has less than %d bytes", minKey)
	}
	return &webhook{address: u, key: key, client: &http.Client{
		// A redirection is not followed: it could lead to another's server.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}, nil
}

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// deliver sends the body until the receiver has it, or a time that is bounded
// has passed.
func (h *webhook) deliver(ctx context.Context, body []byte) error {
	pause := firstPause
	for attempt := 1; ; attempt++ {
		after, err := h.post(ctx, body)
		var final *finalError
		if err == nil || errors.As(err, &final) || ctx.Err() != nil {
			return err
		}
		if attempt == attempts {
			return lang.Errorf("given up after %d attempts: %w", attempts, err)
		}
		// Jitter: several workers that lost one receiver do not come back at once.
		wait := max(pause/2+rand.N(pause/2), min(after, maxPause))
		timer := time.NewTimer(wait)
		select {
		case <-ctx.Done():
			timer.Stop()
			return lang.Errorf("interrupted after %d attempts: %w", attempt, err)
		case <-timer.C:
		}
		pause = min(2*pause, maxPause)
	}
}

// finalError happens when the receiver says no in a way that another attempt
// would not change.
type finalError struct{ status string }

func (e *finalError) Error() string { return lang.Text("the receiver answered %s", e.status) }

// post sends the body once. after is how long the receiver asks to wait.
func (h *webhook) post(ctx context.Context, body []byte) (after time.Duration, err error) {
	ctx, cancel := context.WithTimeout(ctx, attemptTime)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, h.address.String(), bytes.NewReader(body))
	if err != nil {
		return 0, bare(err)
	}
	stamp := strconv.FormatInt(time.Now().Unix(), 10)
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("User-Agent", "irccpin")
	request.Header.Set(HeaderTimestamp, stamp)
	request.Header.Set(HeaderSignature, sign(h.key, stamp, body))
	response, err := h.client.Do(request)
	if err != nil {
		return 0, bare(err)
	}
	defer response.Body.Close() // what it says is not needed
	// Read a little, so that the connection can be used again.
	_, _ = io.CopyN(io.Discard, response.Body, 64<<10)
	code := response.StatusCode
	switch {
	case code >= 200 && code < 300:
		return 0, nil
	case code == http.StatusTooManyRequests, code == http.StatusRequestTimeout, code >= 500:
		seconds, _ := strconv.Atoi(response.Header.Get("Retry-After")) // a date is not worth it
		return min(time.Duration(max(seconds, 0))*time.Second, maxPause), lang.Errorf("the receiver answered %s", answer(code))
	case code >= 300 && code < 400:
		return 0, &finalError{lang.Text("%s, and redirections are not followed", answer(code))}
	}
	return 0, &finalError{answer(code)}
}

// answer names a status in known words, not the receiver's.
func answer(code int) string {
	return strings.TrimSpace(strconv.Itoa(code) + " " + http.StatusText(code))
}

// bare is an error without the address, which may hold a token.
func bare(err error) error {
	var wrapped *url.Error
	if errors.As(err, &wrapped) {
		return wrapped.Err
	}
	return err
}

func sign(key secret.Value, stamp string, body []byte) string {
	mac := hmac.New(sha256.New, []byte(key.Reveal()))
	mac.Write([]byte(stamp + "."))
	mac.Write(body)
	return "sha256=" + hex.EncodeToString(mac.Sum(nil))
}

// Verify tells whether a request with these headers and this body was signed
// with the key at most maxAge ago, for receivers that are written in Go.
func Verify(key secret.Value, header http.Header, body []byte, maxAge time.Duration) bool {
	stamp := header.Get(HeaderTimestamp)
	seconds, err := strconv.ParseInt(stamp, 10, 64)
	if err != nil || time.Since(time.Unix(seconds, 0)).Abs() > maxAge {
		return false
	}
	return hmac.Equal([]byte(sign(key, stamp, body)), []byte(strings.TrimSpace(header.Get(HeaderSignature))))
}
