package process

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"hash/fnv"
	"io/fs"
	"net/netip"
	"os"
	"path/filepath"
)

// addressOwner is the content of Dir/addresses/<ip>.
type addressOwner struct {
	Node, UID string
}

// addresses hands out the addresses of a range. Each that is taken is a file,
// made as a hard link: that is there with its content or not at all, and only
// one of those who try gets it, whichever process they are.
type addresses struct {
	dir    string
	drafts string // a directory on the same file system
	cidr   netip.Prefix
}

// reserved is never given out: 127.0.0.1 and what is kept beside it.
var reserved = netip.MustParsePrefix("127.0.0.0/24")

// take returns the address of a pod, the same one each time as long as it is
// not freed. The search begins at a place given by the uid and takes the next
// free one.
func (a addresses) take(owner addressOwner) (string, error) {
	draft, err := a.draft(owner)
	if err != nil {
		return "", err
	}
	defer os.Remove(draft)
	h := fnv.New64a()
	h.Write([]byte(owner.UID))
	size := uint64(1) << (32 - a.cidr.Bits())
	start := mix(h.Sum64()) % size
	for i := range size {
		ip, ok := a.at((start + i) % size)
		if !ok {
			continue
		}
		err := os.Link(draft, filepath.Join(a.dir, ip))
		if err == nil {
			return ip, nil
		}
		if !errors.Is(err, fs.ErrExist) {
			return "", fmt.Errorf("register address %s: %w", ip, err)
		}
		if a.owner(ip) == owner {
			return ip, nil
		}
	}
	return "", fmt.Errorf("register address: all of %s are taken", a.cidr)
}

func (a addresses) draft(owner addressOwner) (string, error) {
	b, err := json.Marshal(owner)
	if err != nil {
		return "", err
	}
	f, err := os.CreateTemp(a.drafts, making+"*")
	if err != nil {
		return "", fmt.Errorf("register address: %w", err)
	}
	if err := fill(f, b, 0o644, synced); err != nil {
		os.Remove(f.Name())
		return "", fmt.Errorf("register address: %w", err)
	}
	return f.Name(), nil
}

// at returns the n-th address of the range, if pods may have it: none that ends
// in 0 or 255, which look like those of a network, and none that is reserved.
func (a addresses) at(n uint64) (string, bool) {
	b := a.cidr.Addr().As4()
	v := binary.BigEndian.Uint32(b[:]) + uint32(n)
	last := byte(v)
	if last == 0 || last == 255 {
		return "", false
	}
	binary.BigEndian.PutUint32(b[:], v)
	ip := netip.AddrFrom4(b)
	return ip.String(), !reserved.Contains(ip)
}

// mix spreads similar hashes over the whole range: the finaliser of splitmix64
// (Steele, Lea, Flood 2014).
func mix(h uint64) uint64 {
	h = (h ^ h>>30) * 0xbf58476d1ce4e5b9
	h = (h ^ h>>27) * 0x94d049bb133111eb
	return h ^ h>>31
}

func (a addresses) owner(ip string) (o addressOwner) {
	readJSON(filepath.Join(a.dir, ip), &o)
	return o
}

// free gives an address back, if it is still the owner's.
func (a addresses) free(ip string, owner addressOwner) error {
	if _, err := netip.ParseAddr(ip); err != nil || a.owner(ip) != owner {
		return nil
	}
	if err := os.Remove(filepath.Join(a.dir, ip)); err != nil && !isMissing(err) {
		return fmt.Errorf("free address %s: %w", ip, err)
	}
	return nil
}

// freeOrphans gives back what a node's pods left behind: a crash between the
// registration of an address and the making of its pod, or during a removal.
func (a addresses) freeOrphans(node string, known func(uid, ip string) bool) error {
	taken, err := names(a.dir)
	if err != nil {
		return err
	}
	for _, ip := range taken {
		o := a.owner(ip)
		if o.Node == node && !known(o.UID, ip) {
			if err := a.free(ip, o); err != nil {
				return err
			}
		}
	}
	return nil
}
