package service_test

import (
	"fmt"
	"net/netip"

	"github.com/coracle-dev/coracle/service"
)

// smallRanges have 14 addresses and two ports.
func smallRanges() service.Ranges {
	cidr, err := service.ParseCIDR("127.240.0.0/28")
	if err != nil {
		panic(err)
	}
	ports, err := service.ParsePortRange("30000-30001")
	if err != nil {
		panic(err)
	}
	return service.Ranges{CIDR: cidr, Ports: ports}
}

// allocator returns one of small ranges, of which nothing is taken.
func allocator() *service.Allocator {
	a, err := service.NewAllocator(smallRanges())
	if err != nil {
		panic(err)
	}
	return a
}

// named returns a service with its defaults that is reached on the nodes too.
func named(name string) *service.Service {
	s := web()
	s.Name, s.Spec.Type = name, service.NodePort
	s.Default()
	return s
}

func ExampleAllocator() {
	a, s := allocator(), named("web")
	if err := a.Assign(s, nil); err != nil {
		fmt.Println(err)
	}
	fmt.Println(s.Spec.ClusterIP, s.Spec.Ports[0].NodePort)
	// Output: 127.240.0.1 30000
}

func ExampleNewAllocator() {
	_, err := service.NewAllocator(service.Ranges{CIDR: netip.MustParsePrefix("10.0.0.0/8")})
	fmt.Println(err)
	// Output: range of addresses "10.0.0.0/8": must have 4 to 1048576 addresses: /12 to /30
}

// What cannot be had is refused, with all reasons at once.
func ExampleAllocator_Assign() {
	a, s, other := allocator(), named("web"), named("other")
	fmt.Println(a.Assign(s, nil))
	other.Spec.ClusterIP, other.Spec.Ports[0].NodePort = s.Spec.ClusterIP, 80
	fmt.Println(a.Assign(other, nil))
	// Output:
	// <nil>
	// spec.clusterIP: "127.240.0.1": is taken by service "default/web"; spec.ports[0].nodePort: "80": must be in 30000-30001
}

func ExampleAllocator_Release() {
	a, s := allocator(), named("web")
	fmt.Println(a.Assign(s, nil))
	fmt.Println(a.Taken())
	a.Release(s)
	fmt.Println(a.Taken())
	// Output:
	// <nil>
	// 1 1
	// 0 0
}

// After a restart the stored services say what is taken.
func ExampleAllocator_Hold() {
	before, s := allocator(), named("web")
	fmt.Println(before.Assign(s, nil))
	after := allocator()
	fmt.Println(after.Hold(s), after.PortOwner(30000))
	// Output:
	// <nil>
	// <nil> default/web
}

func ExampleAllocator_Owner() {
	a, s := allocator(), named("web")
	fmt.Println(a.Assign(s, nil), a.Owner(netip.MustParseAddr("127.240.0.1")))
	// Output: <nil> default/web
}

func ExampleAllocator_PortOwner() {
	a, s := allocator(), named("web")
	fmt.Println(a.Assign(s, nil), a.PortOwner(30000), a.PortOwner(30001) == "")
	// Output: <nil> default/web true
}

func ExampleAllocator_Taken() {
	fmt.Println(allocator().Taken())
	// Output: 0 0
}

// A manifest does not say what its service was given.
func ExampleService_Inherit() {
	a, stored := allocator(), named("web")
	fmt.Println(a.Assign(stored, nil))
	s := named("web")
	s.Inherit(stored)
	fmt.Println(s.Spec.ClusterIP, s.Spec.Ports[0].NodePort)
	// Output:
	// <nil>
	// 127.240.0.1 30000
}

func ExampleService_Complete() {
	a, s := allocator(), named("web")
	fmt.Println(s.Complete(), a.Assign(s, nil), s.Complete())
	// Output: false <nil> true
}

func ExampleRanges() {
	r := smallRanges()
	fmt.Println(r.CIDR, r.Ports)
	// Output: 127.240.0.0/28 30000-30001
}

func ExampleParseCIDR() {
	_, err := service.ParseCIDR("127.240.0.1/12")
	fmt.Println(err)
	// Output: parse range of addresses "127.240.0.1/12": must begin at its first address: 127.240.0.0/12
}

func ExampleParsePortRange() {
	r, err := service.ParsePortRange("30000-32767")
	fmt.Println(r.First, r.Last, err)
	// Output: 30000 32767 <nil>
}

func ExamplePortRange_Contains() {
	r := service.PortRange{First: 80, Last: 89}
	fmt.Println(r.Contains(80), r.Contains(90))
	// Output: true false
}

func ExamplePortRange_String() {
	fmt.Println(service.PortRange{First: 80, Last: 80}, service.PortRange{First: 80, Last: 89})
	// Output: 80 80-89
}
