// Package pause makes the image of the container that holds a pod's network and
// IPC namespaces: one static program that waits. Nothing is fetched or compiled
// for it; the program is written byte by byte, so an engine needs no registry to get it.
//
// # The program
//
// It is an ELF executable for Linux of one segment, less than 1 KiB long, that
// makes four system calls:
//
//	rt_sigaction(SIGCHLD, SIG_IGN)         the kernel reaps its children, adopted ones too
//	rt_sigprocmask(SIG_BLOCK, INT, TERM)   what is blocked is kept, even for process 1
//	rt_sigtimedwait(INT, TERM)             for ever; again where something else woke it
//	exit_group(0)
//
// It needs no memory of its own, no library and no file, and runs as user 65535.
//
// # Reproducing it
//
// The same source gives the same bytes: no clock, name or path goes into them.
// The image's tag is the beginning of the SHA-256 of its configuration, which
// holds that of its only layer. So whoever has an engine with the image, and this
// package, can tell that the one was made by the other:
//
//	docker image inspect --format '{{.RootFS.Layers}}' coracle/pause:<tag>
//
// prints the digest that For returns as Layer, and the tests of this package
// hold both digests.
package pause
