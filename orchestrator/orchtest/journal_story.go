package orchtest

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"reflect"
	"time"

	"github.com/coracle-dev/coracle/labels"
	"github.com/coracle-dev/coracle/orchestrator"
	"github.com/coracle-dev/coracle/orchestrator/store"
	"github.com/coracle-dev/coracle/pod"
)

// story is what an orchestrator does to a journal, and what must be in it then.
// The same seed tells the same story.
type story struct {
	rng      *rand.Rand
	bare     bool // of objects that have little in them
	revision uint64
	objects  map[journalKey]labels.Object
}

func newStory(seed uint64) *story {
	return &story{rng: rand.New(rand.NewPCG(seed, 1)), objects: make(map[journalKey]labels.Object)}
}

// put is the change that stores an object. The story takes ownership of it.
func (s *story) put(o labels.Object) store.Change {
	s.revision++
	key := nameOf(o)
	o.Identity().ResourceVersion = s.revision
	c := store.Change{Revision: s.revision, Kind: key.kind, Old: s.objects[key], New: o}
	s.objects[key] = o
	return c
}

// remove is the change that takes an object away.
func (s *story) remove(key journalKey) store.Change {
	s.revision++
	c := store.Change{Revision: s.revision, Kind: key.kind, Old: s.objects[key]}
	delete(s.objects, key)
	return c
}

// batch is the next one: a few objects come, change and go.
func (s *story) batch() []store.Change {
	var changes []store.Change
	kinds := store.Kinds()
	for range 1 + s.rng.IntN(6) {
		kind, name, number := kinds[s.rng.IntN(len(kinds))], fmt.Sprintf("o-%d", s.rng.IntN(8)), s.rng.IntN(1000)
		o := blankOf(kind, name)
		if o.Identity().Annotations = map[string]string{"number": fmt.Sprint(number)}; !s.bare {
			o = object(kind, name, number)
		}
		if s.objects[nameOf(o)] != nil && s.rng.IntN(3) == 0 {
			changes = append(changes, s.remove(nameOf(o)))
		} else {
			changes = append(changes, s.put(o))
		}
	}
	return changes
}

// AppendForever appends batch after batch to a journal that is new, until that
// fails, and writes a line to w after each. The program of
// JournalHarness.Child does this until it is killed.
func AppendForever(j orchestrator.Journal, w io.Writer) error {
	s := newStory(1)
	if _, _, err := j.Load(context.Background()); err != nil {
		return err
	}
	for n := 1; ; n++ {
		if err := j.Append(context.Background(), s.batch()); err != nil {
			return err
		}
		if _, err := fmt.Fprintln(w, n); err != nil {
			return err
		}
	}
}

// object returns an object of the kind with something in every field that it
// has; other numbers give other objects.
func object(kind store.Kind, name string, number int) labels.Object {
	o := store.Blank(kind)
	fill(reflect.ValueOf(o).Elem(), &number)
	m := o.Identity()
	m.Name, m.Namespace = name, ""
	if store.Namespaced(kind) {
		m.Namespace = labels.DefaultNamespace
	}
	return o
}

// blankOf is an object with a name and nothing else.
func blankOf(kind store.Kind, name string) labels.Object {
	o := store.Blank(kind)
	o.Identity().Name = name
	if store.Namespaced(kind) {
		o.Identity().Namespace = labels.DefaultNamespace
	}
	return o
}

// fill puts something into a value and all that is in it.
func fill(v reflect.Value, number *int) {
	*number++
	switch special := v.Addr().Interface().(type) {
	case *time.Time:
		*special = time.Date(2026, 1, 2, 3, 4, 5, *number, time.UTC)
		return
	case *pod.Quantity:
		*special = pod.NewMilliQuantity(int64(*number), pod.DecimalSI)
		return
	case *pod.IntOrString:
		*special = pod.IntOrString{Int: *number}
		return
	}
	switch v.Kind() {
	case reflect.String:
		v.SetString(fmt.Sprintf("text <%d> „…“", *number))
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int, reflect.Int32, reflect.Int64, reflect.Int8, reflect.Int16:
		v.SetInt(int64(*number % 100))
	case reflect.Uint, reflect.Uint32, reflect.Uint64, reflect.Uint8, reflect.Uint16:
		v.SetUint(uint64(*number % 100))
	case reflect.Float64, reflect.Float32:
		v.SetFloat(float64(*number) / 2)
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(v.Elem(), number)
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 2, 2))
		fill(v.Index(0), number)
		fill(v.Index(1), number)
	case reflect.Map:
		key, value := reflect.New(v.Type().Key()).Elem(), reflect.New(v.Type().Elem()).Elem()
		fill(key, number)
		fill(value, number)
		v.Set(reflect.MakeMap(v.Type()))
		v.SetMapIndex(key, value)
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				fill(v.Field(i), number)
			}
		}
	}
}
