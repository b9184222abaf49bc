package automation

import "golang.org/x/sys/unix"

// processPlace names what process numbers count in: this boot of this machine.
// Empty where the system does not tell.
func processPlace() string {
	boot, err := unix.Sysctl("kern.bootsessionuuid")
	if err != nil {
		return ""
	}
	return boot
}
