//go:build !linux

package docker

// freeShare says nothing: engines run on Linux, elsewhere in a machine of their own.
func freeShare(string) (share float64, known bool) { return 0, false }
