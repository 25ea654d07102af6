package orchtest

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/coracle-dev/coracle/labels"
	"github.com/coracle-dev/coracle/orchestrator"
	"github.com/coracle-dev/coracle/orchestrator/store"
)

// blockLen is how much of a file a disk writes at a time, or more.
const blockLen = 4096

// lastAppend appends a few batches and returns the file before and after the last
// of them, and what was in the journal then.
func (d *desk) lastAppend() (before, after []byte, was, is *story) {
	d.Helper()
	s := newStory(3)
	s.bare = true
	j := d.open()
	for range 4 {
		d.append(j, s.batch())
	}
	was = s.at()
	before = d.read()
	d.append(j, s.batch())
	after = d.read()
	require.NoError(d, j.Close())
	return before, after, was, s.at()
}

func (d *desk) read() []byte {
	d.Helper()
	text, err := os.ReadFile(d.file())
	require.NoError(d, err)
	return text
}

// changed returns where the blocks begin that differ.
func changed(before, after []byte) []int {
	var blocks []int
	for at := 0; at < len(after); at += blockLen {
		end := min(at+blockLen, len(after))
		if at >= len(before) || !bytes.Equal(before[at:min(end, len(before))], after[at:end]) {
			blocks = append(blocks, at)
		}
	}
	return blocks
}

// find opens a copy of the journal that has this in its file. Whatever that is:
// either the journal says that it can't be trusted, or it has one of the states given.
func (d *desk) find(what string, text []byte, allowed ...*story) (trusted bool) {
	d.Helper()
	require.NoError(d, os.WriteFile(d.file(), text, 0o600))
	j, err := d.h.Open(d.dir)
	var objects []labels.Object
	var revision uint64
	if err == nil {
		objects, revision, err = j.Load(d.Context())
		require.NoError(d, j.Close(), what)
	}
	if err != nil {
		require.ErrorContains(d, err, d.file(), what)
		return false
	}
	for _, s := range allowed {
		if s.revision == revision {
			require.Equal(d, s.objects, d.byName(objects), what)
			return true
		}
	}
	require.Failf(d, "neither as before nor as after", "%s: revision %d", what, revision)
	return false
}

// tornWrites: of the last append some blocks reached the disk, and of one of
// them a part. Where nothing points to that block yet, the journal is well: only
// the block that makes the batch count may be mistrusted.
func tornWrites(d *desk) {
	before, after, was, is := d.lastAppend()
	require.True(d, d.find("before", before, was))
	require.True(d, d.find("after", after, is))
	blocks := changed(before, after)
	mistrusted := make(map[int]bool)
	for _, torn := range blocks {
		most, least := after, before // the same again is not tried again
		for n := 1; n < blockLen; n += step() {
			if text := mixed(after, before, torn+n, torn+blockLen); !bytes.Equal(text, most) {
				d.find(fmt.Sprintf("all written but the end of the block at %d, from %d", torn, n), text, was, is)
				most = text
			}
			if text := mixed(before, after, torn, torn+n); !bytes.Equal(text, least) {
				if !d.find(fmt.Sprintf("nothing written but the block at %d, up to %d", torn, n), text, was, is) {
					mistrusted[torn] = true
				}
				least = text
			}
		}
	}
	require.LessOrEqual(d, len(mistrusted), 1, "the blocks at %v", mistrusted)
}

// mixed returns one file with a part of another, or zeros where the other ends.
func mixed(most, part []byte, from, to int) []byte {
	text := bytes.Clone(most)
	if from = min(from, len(text)); from < len(text) {
		to = min(to, len(text))
		clear(text[from:to])
		copy(text[from:to], part[min(from, len(part)):])
	}
	return text
}

// step is how far apart the damages are: every byte is damaged, or some of a short test.
func step() int {
	if testing.Short() {
		return 97
	}
	return 1
}

func flippedBytes(d *desk) {
	before, after, was, is := d.lastAppend()
	blocks := changed(before, after)
	found := 0
	for _, block := range blocks {
		for n := 0; n < blockLen && block+n < len(after); n += step() {
			text := bytes.Clone(after)
			text[block+n] ^= 0x5a
			if !d.find(fmt.Sprintf("byte %d flipped", block+n), text, was, is) {
				found++
			}
		}
	}
	require.NotZero(d, found, "no damage was found")
}

func cutOff(d *desk) {
	before, after, was, is := d.lastAppend()
	blocks := changed(before, after)
	last := blocks[len(blocks)-1]
	for n := 0; n < blockLen && last+n < len(after); n++ {
		d.find(fmt.Sprintf("cut off at %d", last+n), after[:last+n], was, is)
	}
	for n := 0; n < last; n += 509 {
		d.find(fmt.Sprintf("cut off at %d", n), after[:n], was, is)
	}
	require.False(d, d.find("nothing is left", nil, was, is), "an empty file is no empty journal")
}

// diskFull: what was acknowledged is there, what was not is there whole or not at
// all, nothing is taken after the failure, and with more room everything goes on.
func diskFull(d *desk) {
	dir, free := d.h.Small(d.T)
	d.dir = dir
	s := newStory(1)
	j := d.open()
	var failed error
	var acknowledged, attempted *story
	for n := 0; failed == nil; n++ {
		require.Less(d, n, 10000, "the disk is never full")
		acknowledged = s.at()
		o := object(store.KindPod, fmt.Sprintf("p-%d", n), n)
		o.Identity().Annotations = map[string]string{"long": strings.Repeat("x", 20000)}
		failed = j.Append(d.Context(), []store.Change{s.put(o)})
		attempted = s.at()
	}
	require.Error(d, j.Append(d.Context(), []store.Change{s.put(object(store.KindPod, "late", 1))}), "it failed before")
	require.NoError(d, j.Close())

	is := d.either(d.open(), acknowledged, attempted) // while the disk is full
	free()
	j = d.open()
	d.require(j, is)
	s.revision, s.objects = is.revision, is.objects
	for range 20 {
		d.append(j, s.batch())
	}
	d.reopen(j, s)
}

// either requires that the journal has one of two states, closes it, and returns which.
func (d *desk) either(j orchestrator.Journal, one, other *story) *story {
	d.Helper()
	objects, revision, err := j.Load(d.Context())
	require.NoError(d, err)
	require.NoError(d, j.Close())
	require.Contains(d, []uint64{one.revision, other.revision}, revision)
	is := one
	if revision == other.revision {
		is = other
	}
	require.Equal(d, is.objects, d.byName(objects))
	return is
}

// killedDuringAppend kills a program at many moments while it appends.
func killedDuringAppend(d *desk) {
	rounds := 30
	if testing.Short() {
		rounds = 5
	}
	for round := range rounds {
		d.dir = d.TempDir()
		acknowledged := d.kill(2+round%7, float64(round%5)/4)
		s := newStory(1)
		for range acknowledged {
			s.batch()
		}
		one := s.at()
		s.batch()
		d.either(d.open(), one, s)
	}
}

// kill runs the child, kills it some time after it said that so many batches, two at
// least, were appended, and returns how many it said were in the end. The time is a
// share of what the last of them took: a disk may be busy.
func (d *desk) kill(batches int, share float64) (acknowledged int) {
	child := d.h.Child(d.dir)
	out, err := child.StdoutPipe()
	require.NoError(d, err)
	child.Stderr = d.Output()
	require.NoError(d, child.Start())
	limit := time.AfterFunc(d.h.Soon, func() { child.Process.Kill() })
	defer limit.Stop()
	lines, last := bufio.NewScanner(out), time.Now()
	for lines.Scan() {
		n, err := strconv.Atoi(lines.Text())
		if err != nil {
			break // the last line is cut off
		}
		now := time.Now()
		if acknowledged = n; n == batches {
			time.AfterFunc(time.Duration(share*float64(now.Sub(last))), func() { child.Process.Kill() })
		}
		last = now
	}
	io.Copy(io.Discard, out)
	child.Wait()
	require.GreaterOrEqual(d, acknowledged, batches, "the child ended before it was killed")
	return acknowledged
}
