package automation

import (
	"os"
	"strings"
)

// processPlace names what process numbers count in: this boot of this kernel,
// and the namespace of this process's numbers, which is another one in each
// container. Clones of a machine are booted each by itself. A namespace's number
// is given anew only once all of its processes are gone. Empty where the system
// does not tell.
func processPlace() string {
	boot, err := os.ReadFile("/proc/sys/kernel/random/boot_id")
	if err != nil {
		return ""
	}
	namespace, err := os.Readlink("/proc/self/ns/pid")
	if err != nil || len(strings.TrimSpace(string(boot))) == 0 {
		return ""
	}
	return strings.TrimSpace(string(boot)) + " " + namespace
}
