package pod

// Volume is a directory or file that the containers of a pod share. At most
// one source is set; none means EmptyDir.
type Volume struct {
	Name     string    `json:"name"`
	EmptyDir *EmptyDir `json:"emptyDir,omitempty"`
	HostPath *HostPath `json:"hostPath,omitempty"`
	GitRepo  *GitRepo  `json:"gitRepo,omitempty"`
	// Download is not in core/v1: it was on the list of 2014, and never came.
	Download  *Download        `json:"download,omitempty"`
	Secret    *SecretVolume    `json:"secret,omitempty"`
	ConfigMap *ConfigMapVolume `json:"configMap,omitempty"`
	// GCEPersistentDisk and AWSElasticBlockStore are disks of a cloud.
	GCEPersistentDisk    *GCEPersistentDisk    `json:"gcePersistentDisk,omitempty"`
	AWSElasticBlockStore *AWSElasticBlockStore `json:"awsElasticBlockStore,omitempty"`
	FlexVolume           *FlexVolume           `json:"flexVolume,omitempty"`
}

// VolumeSource names what a volume is, as core/v1 spells its field.
type VolumeSource string

// The sources of volumes.
const (
	SourceEmptyDir  VolumeSource = "emptyDir"
	SourceHostPath  VolumeSource = "hostPath"
	SourceGitRepo   VolumeSource = "gitRepo"
	SourceDownload  VolumeSource = "download"
	SourceSecret    VolumeSource = "secret"
	SourceConfigMap VolumeSource = "configMap"
	SourceGCEDisk   VolumeSource = "gcePersistentDisk"
	SourceAWSDisk   VolumeSource = "awsElasticBlockStore"
	SourceFlex      VolumeSource = "flexVolume"
)

// Source returns what the volume is. Without a source it is an emptyDir; of
// several, which Validate refuses, it is the first in the order of the fields.
func (v *Volume) Source() VolumeSource {
	if set := v.sources(); len(set) > 0 {
		return set[0]
	}
	return SourceEmptyDir
}

// sources returns every source that is set, in the order of the fields.
func (v *Volume) sources() []VolumeSource {
	var set []VolumeSource
	for _, s := range []struct {
		is   bool
		name VolumeSource
	}{
		{v.EmptyDir != nil, SourceEmptyDir},
		{v.HostPath != nil, SourceHostPath},
		{v.GitRepo != nil, SourceGitRepo},
		{v.Download != nil, SourceDownload},
		{v.Secret != nil, SourceSecret},
		{v.ConfigMap != nil, SourceConfigMap},
		{v.GCEPersistentDisk != nil, SourceGCEDisk},
		{v.AWSElasticBlockStore != nil, SourceAWSDisk},
		{v.FlexVolume != nil, SourceFlex},
	} {
		if s.is {
			set = append(set, s.name)
		}
	}
	return set
}

// HasDisk reports whether one of the volumes is a disk of a cloud. The pod keeps
// others from it until it is removed from its node.
func (s *Spec) HasDisk() bool {
	for i := range s.Volumes {
		if s.Volumes[i].GCEPersistentDisk != nil || s.Volumes[i].AWSElasticBlockStore != nil {
			return true
		}
	}
	return false
}

// EmptyDir is a directory that lives as long as its pod: it survives the
// restarts of containers, and goes with the pod.
type EmptyDir struct {
	Medium string `json:"medium,omitempty"` // "" (disk) or MediumMemory
	// SizeLimit in bytes. A pod that goes beyond it is Failed. Default: none.
	SizeLimit *Quantity `json:"sizeLimit,omitempty"`
}

// MediumMemory is the Medium of an EmptyDir that is kept in memory.
const MediumMemory = "Memory"

// HostPath is a file or directory of the node.
type HostPath struct {
	Path string `json:"path"`
	Type string `json:"type,omitempty"` // "", DirectoryOrCreate, Directory, FileOrCreate, File, Socket, CharDevice, BlockDevice
}

// GitRepo is a directory with the files of one revision of a git repository, as
// it was when the pod was set up.
type GitRepo struct {
	Repository string `json:"repository"`          // its URL: http, https, ssh or git
	Revision   string `json:"revision,omitempty"`  // a commit, branch or tag; default: HEAD
	Directory  string `json:"directory,omitempty"` // in the volume; ".": the volume itself; default: the repository's name
}

// Download is a file that is fetched over HTTP when the pod is set up, or the
// directory that is packed in it.
type Download struct {
	URL string `json:"url"` // http or https
	// SHA256 that the file must have, in hexadecimal. Default: any.
	SHA256 string `json:"sha256,omitempty"`
	// Unpack says which kind of archive the file is. Default: it is kept as it is.
	Unpack Archive `json:"unpack,omitempty"`
	// Path in the volume of the file, or of what was in the archive. Default:
	// the last element of the URL's path; for an archive the volume itself.
	Path string `json:"path,omitempty"`
}

// Archive is a kind of file that has a directory packed in it.
type Archive string

// The archives that are unpacked.
const (
	TarGz Archive = "tar.gz"
	Tar   Archive = "tar"
	Zip   Archive = "zip"
)

// SecretVolume is a directory with a file for each key of a secret.
type SecretVolume struct {
	SecretName  string      `json:"secretName"`
	Items       []KeyToPath `json:"items,omitempty"`       // default: every key, as a file of its name
	DefaultMode *int        `json:"defaultMode,omitempty"` // of the files; default: 0644
	Optional    *bool       `json:"optional,omitempty"`    // may the secret or a key be missing? default: no
}

// ConfigMapVolume is a directory with a file for each key of a config map.
type ConfigMapVolume struct {
	Name        string      `json:"name"`
	Items       []KeyToPath `json:"items,omitempty"`       // default: every key, as a file of its name
	DefaultMode *int        `json:"defaultMode,omitempty"` // of the files; default: 0644
	Optional    *bool       `json:"optional,omitempty"`    // may the config map or a key be missing? default: no
}

// KeyToPath is a file of a SecretVolume or ConfigMapVolume.
type KeyToPath struct {
	Key  string `json:"key"`
	Path string `json:"path"`           // in the volume
	Mode *int   `json:"mode,omitempty"` // default: the volume's DefaultMode
}

// GCEPersistentDisk is a disk of Google's cloud, by its name.
type GCEPersistentDisk struct {
	PDName    string `json:"pdName"`
	FSType    string `json:"fsType,omitempty"`    // default: ext4
	Partition int    `json:"partition,omitempty"` // default: the whole disk
	ReadOnly  bool   `json:"readOnly,omitempty"`
}

// AWSElasticBlockStore is a disk of Amazon's cloud, by its id.
type AWSElasticBlockStore struct {
	VolumeID  string `json:"volumeID"`
	FSType    string `json:"fsType,omitempty"`    // default: ext4
	Partition int    `json:"partition,omitempty"` // default: the whole disk
	ReadOnly  bool   `json:"readOnly,omitempty"`
}

// FlexVolume is a volume that a plug-in of the host program makes.
type FlexVolume struct {
	Driver   string            `json:"driver"` // the plug-in's name, such as example.com/nfs
	FSType   string            `json:"fsType,omitempty"`
	ReadOnly bool              `json:"readOnly,omitempty"`
	Options  map[string]string `json:"options,omitempty"`
}
