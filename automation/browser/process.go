package browser

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"sync"
	"time"

	"github.com/chromedp/chromedp"
)

const (
	// keptOutput is how much of Chrome's latest output is kept to explain a
	// failed start: a few lines of its log.
	keptOutput = 4 << 10
	// drainTime bounds the wait for Chrome's killed children to be gone; the
	// kernel needs milliseconds.
	drainTime = 5 * time.Second
)

// process is a Chrome with its children.
type process struct {
	cmd    *exec.Cmd
	family family
	pipe   *chromedp.PipeConn
	output tail
	// gone is closed when Chrome and all of its children have ended.
	gone chan struct{}
	// exited is closed when Chrome itself has ended; exit is how, as the
	// system says, and valid from then on.
	exited chan struct{}
	exit   string
	kill   func() // ends the whole family, at any time
}

// launch starts a program with a protocol pipe.
func launch(path string, args, env []string) (*process, error) {
	// Commands, replies, and what Chrome prints.
	var files [6]*os.File
	closeAll := func() {
		for _, f := range files {
			if f != nil {
				f.Close()
			}
		}
	}
	for i := 0; i < len(files); i += 2 {
		var err error
		if files[i], files[i+1], err = os.Pipe(); err != nil {
			closeAll()
			return nil, fmt.Errorf("making the pipes to the browser: %w", err)
		}
	}
	commandsOut, commandsIn := files[0], files[1]
	repliesOut, repliesIn := files[2], files[3]
	printedOut, printedIn := files[4], files[5]

	cmd := exec.Command(path, args...)
	cmd.Env = env
	cmd.Stdout, cmd.Stderr = printedIn, printedIn
	cmd.SysProcAttr = processAttributes()
	p := &process{cmd: cmd, exited: make(chan struct{}), gone: make(chan struct{})}
	err := connectPipes(cmd, commandsOut, repliesIn)
	if err == nil {
		err = p.start(printedOut)
	}
	if err != nil {
		closeAll()
		return nil, err
	}
	// Chrome has its own copies. Ours must go, or the ends would never be seen.
	commandsOut.Close()
	repliesIn.Close()
	printedIn.Close()
	p.pipe = chromedp.NewPipeConn(repliesOut, commandsIn)
	return p, nil
}

// start starts the program and watches it until its whole family is gone.
func (p *process) start(printed *os.File) error {
	started := make(chan error)
	go func() {
		// The death signal of Linux is tied to the thread that started the
		// child: the thread must live as long as the child.
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		err := p.cmd.Start()
		if err == nil {
			p.family, err = adopt(p.cmd.Process)
			if err != nil {
				_ = p.cmd.Process.Kill()
				_ = p.cmd.Wait()
			}
		}
		if err != nil {
			started <- fmt.Errorf("starting the browser: %w", err)
			return
		}
		// Until it is reaped, the leader holds its number, and killing its
		// group can hit nobody else.
		var reaping sync.Mutex
		reaped := false
		p.kill = func() {
			reaping.Lock()
			defer reaping.Unlock()
			if !reaped {
				p.family.kill()
			}
		}
		started <- nil

		blockUntilExit(p.cmd.Process.Pid)
		reaping.Lock()
		p.family.kill()
		_ = p.cmd.Wait() // says what ProcessState says
		reaped = true
		reaping.Unlock()
		p.exit = p.cmd.ProcessState.String()
		close(p.exited)

		// Every child holds the printing end: its end is the end of the last.
		drained := time.AfterFunc(drainTime, func() { printed.Close() })
		<-p.output.done
		drained.Stop()
		p.family.release()
		close(p.gone)
	}()

	p.output.done = make(chan struct{})
	if err := <-started; err != nil {
		return err
	}
	go func() {
		defer close(p.output.done)
		defer printed.Close()
		_, _ = io.Copy(&p.output, printed)
	}()
	return nil
}

// tail keeps the last bytes of what a program prints.
type tail struct {
	mu   sync.Mutex
	kept []byte
	done chan struct{} // closed when the program and its children print no more
}

func (t *tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.kept = append(t.kept, p...)
	if extra := len(t.kept) - keptOutput; extra > 0 {
		t.kept = append(t.kept[:0], t.kept[extra:]...)
	}
	return len(p), nil
}

func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return string(bytes.TrimSpace(t.kept))
}
