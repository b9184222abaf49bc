package secret

import "io/fs"

// checkPrivate accepts every file: on Windows the access list of a user's profile keeps others out, and the mode bits
// that Go shows say nothing about it.
func checkPrivate(fs.FileInfo) error { return nil }
