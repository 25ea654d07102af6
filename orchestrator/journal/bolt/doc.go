// Package bolt is a journal in one file on one machine.
//
//	journal, err := bolt.Open("/var/lib/myproduct/state.db")
//	if err != nil {
//		return err
//	}
//	o, err := orchestrator.New(orchestrator.Config{Dial: …, Journal: journal})
//
// What a client was told, and what was started because of it, is in the file
// before; so it is there when the program is started again, however it ended. The
// file has every object as it was last written, and no history and no events: it
// grows with what there is, not with what happened. Run closes it. A program
// that opens a journal and does not come to Run closes it itself.
//
// # One process
//
// Open takes a lock that belongs to the open file. The system drops it when the
// process ends, so nothing is left to clean up after a crash. Whoever comes
// second gets ErrLocked after a second, on Linux with the process that has it. The file
// must be on a disk of the machine: locks of network file systems are not to be trusted.
//
// # When the disk fails
//
// An append that fails ends Run with the error of the system in it: errors.Is(err,
// syscall.ENOSPC) says that the disk is full. Nothing is appended after it, not
// even when there is room again, for of a disk that failed once it can't be known what it
// has. Start the program again: Open finds all that was acknowledged, and of the
// batch that failed everything or nothing. A full disk can still be opened and read.
//
// # When the file is damaged
//
// bbolt trusts its file; this package does not. Open reads the structure of the
// whole file before bbolt does, and Load compares a checksum of each record and of
// all together. So a file that was cut off, or in which as little as a bit has
// changed, or a part is older than the rest, is ErrDamaged, with its name and the
// place; it is not changed, and the program does not run on half of it. Ways out:
//
//   - Restore a backup.
//   - Rewind, where nothing is damaged but the page that makes the newest batch
//     count. A disk writes that page as a whole, so this is no matter of power cuts.
//   - Start anew with another file. What runs on the nodes is then stopped as leftover.
//
// # Copies
//
// Backup copies the file while the orchestrator runs, and Restore puts such a copy in
// place. Export writes a List of core/v1, for other tools and for eyes, and
// Import makes a journal of one. cp is a backup only while nobody has the file open.
//
// # Cost
//
// A batch is one transaction of bbolt, so two waits for the disk. While one is
// being written the orchestrator decides the next: with 256 clients it keeps up with
// bbolt's own Batch to four fifths, and with one it does not wait for company, as Batch
// does. On two cores and a disk with 7,000 fsyncs a second:
//
//	acknowledged writes per second    1 client   16       256
//	orchestrator with this journal    2,800      12,300   17,000
//	bbolt's Batch, nothing decided       86       1,400   21,000
//	orchestrator in memory            24,500     28,800   27,100
//
// 100,000 running pods make a file of 200 MiB. It is open after 70 ms, loaded after
// 1.1 s, and the first Step has decided after 2.7 s, with 620 MiB of memory in use. A
// million updates of 1,000 pods leave a file of 2.7 MiB, which was 2.3 at first.
// The benchmarks Writes, Restart and Churn say what it is on your machine.
//
// # Formats
//
// The file says of which format it is. Open brings an older one to the newest,
// in one transaction, and refuses what it does not know with ErrNewer: so a
// program can't go back behind one that wrote a newer format, but to a backup.
//
// # What is in the file
//
// It is a bbolt database with two buckets, and any tool for bbolt shows them:
//
//	state    format  2
//	         newest  1f2e3d4c {"revision":812,"objects":40,"sum":93821}
//	objects  Pod/default/web-1  5e0c19aa {"metadata":{"name":"web-1", …
//
// The key of an object is its kind, its namespace (empty for nodes and
// namespaces) and its name. Each record but the format begins with the CRC-32C of
// its key and its text. The text is the object's JSON as core/v1 spells it; the
// sum is that of the checksums of all objects. It is JSON because every type of the
// house has it, exactly; encoding/gob can't hold a pod.Quantity, and no form of
// our own would be worth its mistakes: an append spends more on the disk, beside
// which the engine goes on deciding.
//
// Bytes are in the order of the machine, which is bbolt's choice: a file moves
// to a machine of the other sort by Export and Import.
package bolt
