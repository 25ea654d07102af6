package orchestrator

import (
	"slices"

	"github.com/coracle-dev/coracle/pod"
)

// pending are the pods that wait for their turn with the scheduler, each once and as
// it is now, in the order in which they came. The zero value is empty.
type pending struct {
	line  []*pod.Pod     // nil where one has left
	first int            // the place of the first of the line: places are counted from the first pod there ever was
	live  int            // how many pods are in the line
	place map[string]int // by uid; those of pods that were taken stay for a while, and are nothing
}

// at returns where in the line a pod is.
func (w *pending) at(uid string) (i int, ok bool) {
	place, ok := w.place[uid]
	i = place - w.first
	return i, ok && i >= 0 && w.line[i] != nil && w.line[i].UID == uid
}

// add has a pod wait behind the others, or where it waits already.
func (w *pending) add(p *pod.Pod) {
	if i, ok := w.at(p.UID); ok {
		w.line[i] = p
		return
	}
	w.enter(p.UID, w.first+len(w.line))
	w.line = append(w.line, p)
}

// enter notes the place of a pod that is new in the line.
func (w *pending) enter(uid string, place int) {
	if w.place == nil {
		w.place = make(map[string]int)
	}
	w.place[uid] = place
	w.live++
}

func (w *pending) remove(uid string) {
	i, ok := w.at(uid)
	if !ok {
		return
	}
	w.line[i] = nil
	delete(w.place, uid)
	if w.live--; w.live == 0 {
		*w = pending{}
	}
}

// take removes and returns the first n pods, or all where there are fewer.
func (w *pending) take(n int) []*pod.Pod {
	if n >= w.live {
		pods := slices.DeleteFunc(w.line, func(p *pod.Pod) bool { return p == nil })
		*w = pending{}
		return pods
	}
	pods := make([]*pod.Pod, 0, n)
	for len(pods) < n {
		if p := w.line[0]; p != nil {
			pods = append(pods, p)
		}
		w.line[0] = nil // or the array keeps it
		w.line, w.first = w.line[1:], w.first+1
	}
	w.live -= n
	if len(w.place) > 2*w.live {
		w.forget()
	}
	return pods
}

// forget drops the places of those that were taken.
func (w *pending) forget() {
	w.place, w.live = make(map[string]int, w.live), 0
	for i, p := range w.line {
		if p != nil {
			w.enter(p.UID, w.first+i)
		}
	}
}

// putBack has pods that were taken wait before those that have come since. It
// takes the slice over.
func (w *pending) putBack(pods []*pod.Pod) {
	first := w.first - len(pods)
	for i, p := range pods {
		if at, ok := w.at(p.UID); ok { // it has come again
			pods[i], w.line[at] = w.line[at], nil
			w.live--
		}
		w.enter(p.UID, first+i)
	}
	w.line, w.first = slices.Concat(pods, w.line), first
}

func (w *pending) has(uid string) bool {
	_, ok := w.at(uid)
	return ok
}

func (w *pending) len() int { return w.live }

func (w *pending) empty() bool { return w.live == 0 }
