package volume_test

import (
	"fmt"
	"time"

	"github.com/coracle-dev/coracle/pod"
	"github.com/coracle-dev/coracle/volume"
)

// What is quickly found to be wrong comes before what takes long.
func ExamplePlan() {
	want := []pod.Volume{
		{Name: "site", GitRepo: &pod.GitRepo{Repository: "https://example.com/site.git"}},
		{Name: "scratch", EmptyDir: &pod.EmptyDir{}},
		{Name: "logs", HostPath: &pod.HostPath{Path: "/var/log"}},
	}
	for _, v := range volume.Plan(want, nil).SetUp {
		fmt.Println("set up", v.Name)
	}
	// A crash left two of them. Setting up goes on where it stopped.
	for _, v := range volume.Plan(want, []string{"logs", "scratch"}).SetUp {
		fmt.Println("left to do:", v.Name)
	}
	fmt.Println("in the end:", volume.Plan(nil, []string{"logs", "scratch", "site"}).TearDown)
	// Output:
	// set up logs
	// set up scratch
	// set up site
	// left to do: site
	// in the end: [site scratch logs]
}

// A step is one of a plan.
func ExampleSteps() {
	s := volume.Plan([]pod.Volume{{Name: "b"}}, []string{"a"})
	fmt.Println(s.TearDown, s.SetUp[0].Name)
	// Output:
	// [a] b
}

// A volume is compared with what was written down about it.
func ExampleFault() {
	data := volume.Record{Name: "data", Source: pod.SourceEmptyDir, Path: "/pods/1/data", ID: "4711", There: true, Limit: 1 << 20}
	fmt.Printf("%q\n", volume.Fault(data, volume.Reading{ID: "4711", Used: 1 << 20}))
	fmt.Println(volume.Fault(data, volume.Reading{Missing: true}))
	fmt.Println(volume.Fault(data, volume.Reading{ID: "4712"}))
	fmt.Println(volume.Fault(data, volume.Reading{ID: "4711", Used: 3 << 20}))
	fmt.Println(volume.Fault(data, volume.Reading{Problem: "read /pods/1/data: input/output error"}))
	// Output:
	// ""
	// volume "data": "/pods/1/data" has vanished
	// volume "data": "/pods/1/data" was replaced
	// volume "data": 3Mi are in it, which exceeds its sizeLimit of 1Mi
	// volume "data": read /pods/1/data: input/output error
}

// Limit reads the size limit of an emptyDir.
func ExampleLimit() {
	limit := pod.MustParseQuantity("64Mi")
	fmt.Println(volume.Limit(&pod.Volume{EmptyDir: &pod.EmptyDir{SizeLimit: &limit}}))
	fmt.Println(volume.Limit(&pod.Volume{}))
	// Output:
	// 67108864
	// 0
}

// A count that took half a second is repeated after ten.
func ExampleCountAgain() {
	now := time.Unix(0, 0)
	fmt.Println(volume.CountAgain(500*time.Millisecond, now).Sub(now))
	fmt.Println(volume.CountAgain(0, now).Sub(now))
	// Output:
	// 10s
	// 1s
}

// What comes over a network may fail for no fault of the pod.
func ExampleFetched() {
	fmt.Println(volume.Fetched(pod.SourceGitRepo), volume.Fetched(pod.SourceEmptyDir))
	// Output:
	// true false
}

// What is made for a pod goes with it.
func ExampleOwned() {
	fmt.Println(volume.Owned(pod.SourceEmptyDir), volume.Owned(pod.SourceHostPath))
	// Output:
	// true false
}

// The disks of two clouds are one thing to those who mount them.
func ExampleDiskOf() {
	v := pod.Volume{Name: "db", AWSElasticBlockStore: &pod.AWSElasticBlockStore{VolumeID: "vol-1", Partition: 1}}
	d, ok := volume.DiskOf(&v)
	fmt.Println(d.ID, d.FSType, ok)
	fmt.Println(d.Device("/dev/sdb"), d.Device("/dev/nvme1n1"))
	// Output:
	// vol-1 ext4 true
	// /dev/sdb1 /dev/nvme1n1p1
}

// A disk without a partition is mounted as a whole.
func ExampleDisk() {
	fmt.Println(volume.Disk{ID: "data"}.Device("/dev/sdc"))
	// Output:
	// /dev/sdc
}
