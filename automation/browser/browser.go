package browser

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"time"

	cdpbrowser "github.com/chromedp/cdproto/browser"
	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/cdp/jsonv2"
	"github.com/chromedp/cdproto/target"
	"github.com/chromedp/chromedp"
)

const (
	// defaultHeartbeat is how often Chrome is asked whether it is alive. A
	// dead Chrome is noticed at once, by its pipe; this is for a hung one.
	defaultHeartbeat = 3 * time.Second
	// defaultPatience is how long Chrome may take to answer. A machine that
	// swaps or a laptop that wakes up can need many seconds; a Chrome that is
	// ended too early costs a look at the table, and nothing else.
	defaultPatience = 15 * time.Second
	// closeGrace is how long Chrome may take to end by itself when it is
	// closed. Its profile is thrown away, so it has nothing to save.
	closeGrace = 2 * time.Second
	// exitMoment is how long the exit status of a Chrome whose pipe closed is
	// waited for: the kernel delivers both together.
	exitMoment = 250 * time.Millisecond
	// sweepTime bounds the clearing of what killed runs left, and the removal
	// of a profile: a few thousand small files.
	sweepTime = 10 * time.Second
)

// Errors of a browser and its tabs.
var (
	// ErrBrowserGone happens when Chrome crashed, was killed or was closed.
	ErrBrowserGone = errors.New("the browser is gone")
	// ErrBrowserHung happens when Chrome lives and does not answer; it is
	// killed then, so ErrBrowserGone holds too.
	ErrBrowserHung = fmt.Errorf("the browser did not answer: %w", ErrBrowserGone)
	// ErrBrowserClosed happens when Browser.Close was called; ErrBrowserGone
	// holds too.
	ErrBrowserClosed = fmt.Errorf("the browser was closed: %w", ErrBrowserGone)
)

// Options say which Chrome is started, and how.
type Options struct {
	// Path is the program; see [Find].
	Path string
	// Headless starts it without a window.
	Headless bool
	// LoadImages loads images and fonts also when headless.
	LoadImages bool
	// NoSandbox switches Chrome's sandbox off. Whether that may be is the
	// caller's to decide; as root Chrome starts no other way.
	NoSandbox bool
	// TrustSPKI are base64 SHA-256 hashes of public keys whose certificates
	// are accepted, besides the usual roots.
	TrustSPKI []string
	// Gate is Chrome's way out, for Chrome itself and for the tabs without a
	// gate of their own. It must outlive the browser.
	Gate *Gate
	// ProfileRoot is the directory for profiles. Each run gets a fresh one
	// there, which is gone afterwards; Start also removes what killed runs
	// left there.
	ProfileRoot string
	// ExtraEnv are further NAME=VALUE for Chrome's environment.
	ExtraEnv []string
	// Environment is where the allowed variables are taken from; nil is this
	// process's environment.
	Environment func(name string) (string, bool)
	// Heartbeat is how often Chrome is asked whether it lives; 0 means 5 s.
	Heartbeat time.Duration
	// Patience is how long it may take to answer; 0 means 30 s.
	Patience time.Duration
	// Log gets what happens to the browser, never what passes through it. Nil
	// logs nothing.
	Log *slog.Logger
}

// Browser is a running Chrome.
type Browser struct {
	heartbeat, patience time.Duration
	log                 *slog.Logger
	// profile and process are nil for a Chrome that runs elsewhere: see remote.go.
	profile *profile
	process *process
	wire    *wire
	root    *session
	version string
	// unseen tells that nobody looks and no picture is loaded.
	unseen bool

	mu     sync.Mutex
	groups map[cdp.BrowserContextID]*group
	tabs   map[target.SessionID]*Tab
	err    error

	done    chan struct{} // closed when err is set
	workers sync.WaitGroup

	// ended is closed when nothing is left of Chrome, but for leftover.
	ended    chan struct{}
	leftover error

	// released is closed by Close: nobody need read events any more.
	released chan struct{}
	release  sync.Once
}

// Start starts Chrome and waits until it answers. ctx bounds the start alone:
// the browser lives until Close, or until it dies by itself.
//
// It returns an error that quotes what Chrome printed when Chrome ends at
// once, and one that wraps ctx's when it does not answer in time; nothing is
// left running then.
func Start(ctx context.Context, options Options) (*Browser, error) {
	switch {
	case options.Gate == nil:
		return nil, errors.New("starting the browser: no gate was given")
	case options.Path == "":
		return nil, errors.New("starting the browser: no program was given")
	case options.ProfileRoot == "":
		return nil, errors.New("starting the browser: no directory for its profile was given")
	}
	if options.Environment == nil {
		options.Environment = os.LookupEnv
	}
	log := cmp.Or(options.Log, slog.New(slog.DiscardHandler))

	sweepCtx, cancel := context.WithTimeout(ctx, sweepTime)
	sweep(sweepCtx, options.ProfileRoot, log)
	cancel()
	places := shortPlaces(options.Environment)
	sweepShortcuts(places)
	profile, err := newProfile(options.ProfileRoot, places)
	if err != nil {
		return nil, err
	}
	process, err := launch(options.Path, arguments(options, profile),
		environment(options.Environment, profile, options.ExtraEnv))
	if err != nil {
		return nil, errors.Join(err, profile.remove(ctx))
	}
	b := newBrowser(process.pipe, options.Heartbeat, options.Patience, log)
	b.profile, b.process = profile, process
	b.unseen = options.Headless && !options.LoadImages
	if err := b.run(ctx); err != nil {
		if printed := process.output.String(); printed != "" && ctx.Err() == nil {
			return nil, fmt.Errorf("starting %s: %w (%s); it printed:\n%s", options.Path, err, process.exit, printed)
		}
		return nil, fmt.Errorf("starting %s: %w", options.Path, err)
	}
	log.Debug("the browser runs", "version", b.version, "headless", options.Headless)
	return b, nil
}

func newBrowser(transport chromedp.Transport, heartbeat, patience time.Duration, log *slog.Logger) *Browser {
	b := &Browser{
		heartbeat: cmp.Or(heartbeat, defaultHeartbeat),
		patience:  cmp.Or(patience, defaultPatience),
		log:       log,
		wire:      newWire(transport),
		groups:    make(map[cdp.BrowserContextID]*group),
		tabs:      make(map[target.SessionID]*Tab),
		done:      make(chan struct{}),
		ended:     make(chan struct{}),
		released:  make(chan struct{}),
	}
	b.root = b.wire.open("", b.handle)
	return b
}

// run has the first words with Chrome, and supervises it from then on. After
// an error nothing is left of it.
func (b *Browser) run(ctx context.Context) error {
	b.wire.run()
	go b.supervise()
	if err := b.greet(ctx); err != nil {
		b.fail(fmt.Errorf("%w: %w", ErrBrowserGone, err))
		<-b.ended
		return err
	}
	b.workers.Go(b.watchHeartbeat)
	return nil
}

// greet has the first words with Chrome.
func (b *Browser) greet(ctx context.Context) error {
	version := post(b.root, cdpbrowser.GetVersion, cdp.Empty{})
	// Every tab is attached before it makes its first request, and waits for
	// its guards: see tab.go.
	attach := post(b.root, target.SetAutoAttach, autoAttach("page"))
	v, err := await(ctx, cdpbrowser.GetVersion, version)
	if err != nil {
		return err
	}
	b.version = v.Product
	_, err = attach.wait(ctx)
	return err
}

// Version is Chrome's name and version, such as "HeadlessChrome/140.0.1.2".
func (b *Browser) Version() string { return b.version }

// PID is the number of Chrome's main process; 0 when it runs elsewhere.
func (b *Browser) PID() int {
	if b.process == nil {
		return 0
	}
	return b.process.cmd.Process.Pid
}

// Done is closed as soon as Chrome died, hung or was closed.
func (b *Browser) Done() <-chan struct{} { return b.done }

// Err says why Done is closed: it wraps ErrBrowserGone, and ErrBrowserHung or
// ErrBrowserClosed when these apply. It is nil while the browser lives.
func (b *Browser) Err() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.err
}

// Close ends Chrome with all of its children and removes the profile. All tabs
// are closed; events that nobody has read by then may be dropped. It asks
// Chrome first and kills it when it takes its time. A Chrome that runs elsewhere
// goes on; what was opened in it is disposed of.
//
// It returns an error when the profile could not be removed (a later Start
// tries again), or when ctx ended before everything was gone. It may be called
// more than once.
func (b *Browser) Close(ctx context.Context) error {
	if b.process != nil {
		post(b.root, cdpbrowser.Close, cdp.Empty{})
	}
	b.fail(ErrBrowserClosed)
	b.release.Do(func() { close(b.released) })
	select {
	case <-b.ended:
		return b.leftover
	case <-ctx.Done():
		if b.process != nil {
			b.process.kill()
		}
		return fmt.Errorf("closing the browser: %w", ctx.Err())
	}
}

// fail notes why the browser is gone; only the first reason counts.
func (b *Browser) fail(err error) {
	b.mu.Lock()
	if b.err != nil {
		b.mu.Unlock()
		return
	}
	b.err = err
	tabs := b.tabs
	b.tabs = nil
	b.mu.Unlock()
	close(b.done)

	reason := ClosedBrowserGone
	if errors.Is(err, ErrBrowserClosed) {
		reason, err = ClosedByUs, nil
	}
	for _, t := range tabs {
		t.end(reason, err)
	}
}

// supervise waits for the end of the browser, however it comes, and clears
// everything away that belonged to it.
func (b *Browser) supervise() {
	defer close(b.ended)
	select {
	case <-b.done:
	case <-b.wire.down:
		b.fail(b.lost())
	}
	if b.process == nil {
		// Chrome disposes of our contexts as the connection ends.
		b.wire.cut(b.Err())
		b.wire.workers.Wait()
		b.workers.Wait()
		return
	}
	if errors.Is(b.Err(), ErrBrowserClosed) {
		grace := time.NewTimer(closeGrace)
		select {
		case <-b.process.gone:
		case <-grace.C:
		}
		grace.Stop()
	}
	b.process.kill()
	<-b.process.gone
	b.wire.cut(b.Err())
	b.wire.workers.Wait()
	b.workers.Wait()

	ctx, cancel := context.WithTimeout(context.Background(), sweepTime)
	defer cancel()
	if b.leftover = b.profile.remove(ctx); b.leftover != nil {
		b.log.Warn("the browser's profile is left behind", "error", b.leftover)
	}
}

// lost says why the wire went down. The system usually knows more than the
// pipe, a moment later.
func (b *Browser) lost() error {
	if b.process == nil {
		return b.wire.reason()
	}
	moment := time.NewTimer(exitMoment)
	defer moment.Stop()
	select {
	case <-b.process.exited:
		return fmt.Errorf("%w: it ended by itself (%s)", ErrBrowserGone, b.process.exit)
	case <-moment.C:
		return b.wire.reason()
	}
}

// watchHeartbeat notices a Chrome that lives and does not answer.
func (b *Browser) watchHeartbeat() {
	tick := time.NewTicker(b.heartbeat)
	defer tick.Stop()
	for {
		select {
		case <-b.done:
			return
		case <-tick.C:
		}
		ctx, cancel := context.WithTimeout(context.Background(), b.patience)
		_, err := post(b.root, cdpbrowser.GetVersion, cdp.Empty{}).wait(ctx)
		cancel()
		if errors.Is(err, context.DeadlineExceeded) {
			b.fail(fmt.Errorf("%w within %v", ErrBrowserHung, b.patience))
			return
		}
	}
}

// handle gets the events of the browser itself: tabs that come and go.
func (b *Browser) handle(method string, params jsonv2.Value) {
	switch method {
	case target.AttachedToTarget.Method:
		ev, err := decode(target.AttachedToTarget, params)
		if err != nil {
			b.log.Error("an event of the browser cannot be read", "event", method, "error", err)
			return
		}
		b.attached(ev)
	case target.DetachedFromTarget.Method:
		ev, err := decode(target.DetachedFromTarget, params)
		if err != nil {
			b.log.Error("an event of the browser cannot be read", "event", method, "error", err)
			return
		}
		b.mu.Lock()
		t := b.tabs[ev.SessionID]
		b.mu.Unlock()
		if t != nil {
			t.end(ClosedByOther, nil)
			return
		}
		b.wire.close(ev.SessionID, errSessionGone)
	}
}

func autoAttach(kind string) target.SetAutoAttachParams {
	flatten := true
	return target.SetAutoAttachParams{
		AutoAttach:             true,
		WaitForDebuggerOnStart: true,
		Flatten:                &flatten,
		Filter:                 target.Filter{{Type: kind}},
	}
}
