package pod_test

import (
	"fmt"
	"reflect"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/coracle-dev/coracle/pod"
)

// filler sets every field of a value, however deep, to something of its own.
type filler struct{ n int64 }

func (f *filler) fill(v reflect.Value) {
	f.n++
	switch v.Interface().(type) {
	case time.Time:
		v.Set(reflect.ValueOf(time.Unix(f.n, 0).UTC()))
		return
	case pod.Quantity:
		v.Set(reflect.ValueOf(pod.NewQuantity(f.n, pod.DecimalSI)))
		return
	}
	switch v.Kind() {
	case reflect.String:
		v.SetString(fmt.Sprint("s", f.n))
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int, reflect.Int32, reflect.Int64:
		v.SetInt(f.n)
	case reflect.Uint64:
		v.SetUint(uint64(f.n))
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		f.fill(v.Elem())
	case reflect.Struct:
		for i := range v.NumField() {
			f.fill(v.Field(i))
		}
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 2, 2))
		f.fill(v.Index(0))
		f.fill(v.Index(1))
	case reflect.Map:
		v.Set(reflect.MakeMap(v.Type()))
		for range 2 {
			key, value := reflect.New(v.Type().Key()).Elem(), reflect.New(v.Type().Elem()).Elem()
			f.fill(key)
			f.fill(value)
			v.SetMapIndex(key, value)
		}
	default:
		panic("cannot fill a " + v.Type().String())
	}
}

// shared returns the path of the first memory that two equal values share, or "".
func shared(a, b reflect.Value, path string) string {
	if a.Type() == reflect.TypeFor[time.Time]() || a.Type() == reflect.TypeFor[pod.Quantity]() {
		return ""
	}
	switch a.Kind() {
	case reflect.Pointer, reflect.Slice, reflect.Map:
		if a.Pointer() == b.Pointer() {
			return path
		}
	}
	at := ""
	switch a.Kind() {
	case reflect.Pointer:
		at = shared(a.Elem(), b.Elem(), path)
	case reflect.Struct:
		for i := 0; i < a.NumField() && at == ""; i++ {
			at = shared(a.Field(i), b.Field(i), path+"."+a.Type().Field(i).Name)
		}
	case reflect.Slice:
		for i := 0; i < a.Len() && at == ""; i++ {
			at = shared(a.Index(i), b.Index(i), fmt.Sprintf("%s[%d]", path, i))
		}
	case reflect.Map:
		for _, key := range a.MapKeys() {
			if at == "" {
				at = shared(a.MapIndex(key), b.MapIndex(key), fmt.Sprintf("%s[%v]", path, key))
			}
		}
	}
	return at
}

// requireDeepCopy fails unless copied returns, for a T with every field set, an
// equal T that shares no memory with it, and a zero T for a zero one.
func requireDeepCopy[T any](t *testing.T, copied func(*T) *T) {
	t.Helper()
	var full, zero T
	new(filler).fill(reflect.ValueOf(&full).Elem())
	c := copied(&full)
	require.Equal(t, &full, c)
	require.Empty(t, shared(reflect.ValueOf(&full), reflect.ValueOf(c), reflect.TypeFor[T]().Name()), "shared memory")
	require.Equal(t, &zero, copied(&zero))
}
