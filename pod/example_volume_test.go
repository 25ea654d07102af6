package pod_test

import (
	"encoding/json"
	"fmt"

	"github.com/coracle-dev/coracle/pod"
)

// A volume has one source; without one it is an emptyDir.
func ExampleVolume() {
	var volumes []pod.Volume
	err := json.Unmarshal([]byte(`[
		{"name": "scratch"},
		{"name": "site", "gitRepo": {"repository": "https://example.com/site.git", "revision": "v2"}},
		{"name": "data", "download": {"url": "https://example.com/data.tar.gz", "unpack": "tar.gz"}}
	]`), &volumes)
	if err != nil {
		panic(err)
	}
	for _, v := range volumes {
		fmt.Println(v.Name, v.Source(), v.Source() == pod.SourceEmptyDir)
	}
	// Output:
	// scratch emptyDir true
	// site gitRepo false
	// data download false
}
