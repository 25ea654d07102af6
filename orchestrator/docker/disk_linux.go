package docker

import "golang.org/x/sys/unix"

// freeShare returns how much of the disk that a folder is on is free for those
// who are not root, from 0 to 1; known is false where that can't be said.
func freeShare(folder string) (share float64, known bool) {
	var s unix.Statfs_t
	if err := unix.Statfs(folder, &s); err != nil || s.Blocks == 0 {
		return 0, false
	}
	return float64(s.Bavail) / float64(s.Blocks), true
}
