// Package transcript runs tests that are written down as transcripts: files of
// commands, each with the answer that is wanted.
//
//	# A container that fails is not started again.
//	pod restartPolicy=Never
//	  Pending
//	  start main/0
//
//	seen main exits 1
//	  Failed
//
// A line that begins at the margin is a command: a name, and arguments that are
// words or key=value. Lines with a "|" at the margin right after it are its
// input. Indented lines (by two spaces) are the answer. "#" begins a comment.
// Blank lines separate; within an answer they count.
//
// A test gives the files and a function that carries out the commands:
//
//	func TestDecide(t *testing.T) {
//		transcript.Files(t, "testdata/*.txt", func(*testing.T) transcript.Handler {
//			w := &world{}        // the state that the commands of one file share
//			return w.handle
//		})
//	}
//
//	func (w *world) handle(t testing.TB, c *transcript.Command) string {
//		switch c.Name {
//		case "after":
//			w.now = w.now.Add(c.Duration("time", time.Second))
//			return w.decide()
//		…
//		}
//		c.Unknown()
//		return ""
//	}
//
// To write a new transcript, write the commands, run the test with
//
//	go test ./lifecycle -run TestDecide -update
//
// and read what was put under each command: it is now what is wanted. The same
// command brings transcripts up to date after an intended change; the version
// control shows what became different. Everything but the answers stays as it is.
//
// A typing error can't make a test pass: unknown arguments, an answer without a
// command, a pattern without files and a file without commands are errors.
package transcript
