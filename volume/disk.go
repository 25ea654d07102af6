package volume

import (
	"strconv"

	"github.com/coracle-dev/coracle/pod"
)

// Disk is a disk of a cloud as a pod asks for it.
type Disk struct {
	Source    pod.VolumeSource // SourceGCEDisk or SourceAWSDisk
	ID        string           // the cloud's name for it
	FSType    string           // the file system on it; ext4 unless the pod says otherwise
	Partition int              // of the disk; zero: all of it
	ReadOnly  bool
}

// DiskOf returns the disk that a volume is. ok is false where it is something else.
func DiskOf(v *pod.Volume) (d Disk, ok bool) {
	switch {
	case v.GCEPersistentDisk != nil:
		g := v.GCEPersistentDisk
		d = Disk{pod.SourceGCEDisk, g.PDName, g.FSType, g.Partition, g.ReadOnly}
	case v.AWSElasticBlockStore != nil:
		a := v.AWSElasticBlockStore
		d = Disk{pod.SourceAWSDisk, a.VolumeID, a.FSType, a.Partition, a.ReadOnly}
	default:
		return Disk{}, false
	}
	if d.FSType == "" {
		d.FSType = "ext4"
	}
	return d, true
}

// Device returns the device of the disk's partition, where that of the whole disk
// is known: sdb and 1 are sdb1, nvme1n1 and 1 are nvme1n1p1, as Linux names them.
func (d Disk) Device(whole string) string {
	if d.Partition == 0 || whole == "" {
		return whole
	}
	if last := whole[len(whole)-1]; '0' <= last && last <= '9' {
		whole += "p"
	}
	return whole + strconv.Itoa(d.Partition)
}
