package browser_test

import (
	"context"
	"fmt"
	"os"
	"testing"

	"go.uber.org/goleak"

	"irccpin/automation/browser"
)

// helperVariable makes the test binary be the process that is killed with a
// browser of its own: see TestParentKilled. Its value is the profile root.
const helperVariable = "BROWSER_TEST_PROFILE_ROOT"

func TestMain(m *testing.M) {
	if root := os.Getenv(helperVariable); root != "" {
		beKilled(root)
		return
	}
	goleak.VerifyTestMain(m)
}

// beKilled starts a browser with a tab, says so, and waits for its end.
func beKilled(root string) {
	gate, err := browser.OpenGate(browser.GateOptions{Allow: func(string) bool { return false }})
	if err != nil {
		fmt.Println(err)
		return
	}
	b, err := browser.Start(context.Background(), browser.Options{
		Path: os.Getenv(helperVariable + "_BROWSER"), Headless: true, NoSandbox: os.Getuid() == 0,
		Gate: gate, ProfileRoot: root,
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	if _, err := b.NewTab(context.Background(), browser.TabOptions{}); err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println("ready")
	select {}
}
