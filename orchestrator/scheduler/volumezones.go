package scheduler

import (
	"github.com/coracle-dev/coracle/node"
	"github.com/coracle-dev/coracle/volume"
)

// VolumeZones returns a filter that refuses nodes outside the zone
// (node.ZoneLabel) of one of the pod's disks, where they could not be attached: nodes of
// another zone, and those that do not say which they are in. zone returns the zone
// that a disk is in, as its cloud tells; empty: the disk can be had anywhere.
//
// zone is asked for each pick, and must not block: ask the cloud beforehand, not
// then. It is never called concurrently by one orchestrator. A disk must stay where it is.
func VolumeZones(zone func(volume.Disk) string) Filter {
	return Filter{
		Name: "VolumeZones",
		Fits: func(r *Request, n *Candidate) Reason {
			for i := range r.Spec.Volumes {
				d, ok := volume.DiskOf(&r.Spec.Volumes[i])
				if !ok {
					continue
				}
				if z := zone(d); z != "" && n.Node.Labels[node.ZoneLabel] != z {
					return Reason{What: "outside zone " + z + ", where disk " + d.ID + " is"}
				}
			}
			return Reason{}
		},
		Key: func(r *Request) string {
			var key []byte
			for i := range r.Spec.Volumes {
				if d, ok := volume.DiskOf(&r.Spec.Volumes[i]); ok {
					key = appendText(appendText(key, d.ID), zone(d))
				}
			}
			return string(key)
		},
	}
}
