package docker

import (
	"context"
	"errors"
	"fmt"
	"net"
	"regexp"
	"strconv"
	"time"

	"github.com/coracle-dev/coracle/node"
	"github.com/coracle-dev/coracle/orchestrator"
	"github.com/coracle-dev/coracle/orchestrator/mount"
)

// EndpointAnnotation of a node names the engine that it is, in the form of
// Config.Endpoint. It goes before what the Config says.
const EndpointAnnotation = "coracle.dev/docker-endpoint"

// Config says which engine a runtime works with, and how. The zero Config works
// with the engine that the docker program would work with.
type Config struct {
	// Endpoint is the engine: unix:///path/to/socket or tcp://host:port. Zero
	// value: DOCKER_HOST, where that is not set unix:///var/run/docker.sock.
	Endpoint string

	// Certs is a directory with ca.pem, cert.pem and key.pem: an engine at a TCP
	// endpoint is then spoken to over TLS, and has to be certified by that
	// authority. Zero value: DOCKER_CERT_PATH if the endpoint is DOCKER_HOST and
	// DOCKER_TLS_VERIFY is set, otherwise TCP goes without TLS.
	Certs string

	// Port is the TCP port of engines on other machines: Dial then connects to
	// the node's address and this port. Zero value: every node without the
	// annotation is the engine at Endpoint.
	Port int

	// Instance tells what belongs to this orchestrator from what belongs to others
	// on the same engine. Two of them with the same Instance and a node of the same
	// name stop each other's pods. It has to stay the same over restarts, and begins
	// the name of every container. Zero value: coracle.
	Instance string

	// Network is the engine's network that pods are put on. It must be there.
	// Zero value: bridge.
	Network string

	// DNS are the addresses of the cluster's name servers, for pods whose dnsPolicy
	// is ClusterFirst. Zero value: there are none, and these pods ask the
	// engine's name servers.
	DNS []string
	// DNSDomain is the domain of the cluster. Pods that ask DNS look short names up in
	// <namespace>.svc, svc and the domain itself. Zero value: cluster.local.
	DNSDomain string

	// AllowPrivileged lets containers be privileged, and have capabilities
	// beyond those that an engine gives everybody. Both make them as mighty as the root
	// of the engine's machine. Zero value: their start is refused.
	AllowPrivileged bool
	// AllowHostNamespaces lets pods have hostNetwork, hostPID and hostIPC. Zero
	// value: their start is refused.
	AllowHostNamespaces bool

	// InfraImage is the image of the containers that hold the pods' network; it is
	// pulled where the engine lacks it, and has to wait for SIGTERM. Zero value: one
	// that the runtime writes itself and that needs no registry.
	InfraImage string

	// Credentials are what images are pulled with, by registry; see
	// ReadCredentials. Zero value: nothing, which public registries are content with.
	Credentials Credentials
	// Secret returns what an imagePullSecret of a namespace stands for. It is
	// called by several goroutines at a time. Nil: a pod that names one is not pulled for.
	Secret func(ctx context.Context, namespace, name string) (Credentials, error)
	// Pulls is how many images are pulled at once. Zero value: 3.
	Pulls int

	// KeepImages is how long an image that the runtime pulled, and that was not
	// there before, stays when no container uses it; under DiskPressure it goes at
	// once. Images of others, or with a name that somebody else gave them, are never
	// removed. Zero value: pulled images stay.
	KeepImages time.Duration

	// MinDiskFree is the share of the engine's disk that must be free: below it the
	// node has the condition DiskPressure and gets no new pods. It is known of engines
	// on this machine only. Negative: none; zero value: 0.05.
	MinDiskFree float64

	// KeepDead is how many ended attempts of each container are kept beside the
	// newest attempt, for their logs. Negative: none. Zero value: 1.
	KeepDead int

	// Volumes says where the content of volumes comes from: it is fetched here
	// and uploaded to the engine. Plug-ins make volumes on this machine and are of no
	// use to an engine. Zero value: only what needs no configuration.
	Volumes mount.Sources

	// MessageDir is a directory of the engine's machine that is this program's as
	// well, below which containers leave the message of their end: it is made where
	// it is missing. Zero value: those that have it below /dev, as by default, are
	// not heard; an engine forgets what is there when a container ends.
	MessageDir string

	// LogMaxBytes is the size in bytes at which the engine puts a container's
	// log aside and begins a new file. Zero value: 10 MiB.
	LogMaxBytes int64
	// LogMaxFiles is how many files the log of one attempt has at most. Zero value: 5.
	LogMaxFiles int
}

// Dial returns the runtime of a node. It can be given to the orchestrator as it
// is: orchestrator.Config{Dial: c.Dial}. The engine is the one that the node's
// EndpointAnnotation names, otherwise the one at the node's address and c.Port,
// otherwise that of c.Endpoint. Errors are those of New, and that the engine
// does not answer.
func (c Config) Dial(ctx context.Context, n *node.Node) (orchestrator.Runtime, error) {
	if at := n.Annotations[EndpointAnnotation]; at != "" {
		c.Endpoint = at
	} else if c.Port != 0 {
		c.Endpoint = "tcp://" + net.JoinHostPort(n.Address(), strconv.Itoa(c.Port))
	}
	r, err := New(c, n.Name)
	if err != nil {
		return nil, err
	}
	if _, err := r.engine(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("connect node %q: %w", n.Name, err), r.Close())
	}
	return r, nil
}

// instanceForm is what can begin the name of a container.
var instanceForm = regexp.MustCompile(`^[a-zA-Z0-9][a-zA-Z0-9.-]{0,62}$`)

// resolved returns c with its defaults filled in, or what is wrong with it.
func (c Config) resolved() (Config, error) {
	c.Instance = or(c.Instance, "coracle")
	c.Network = or(c.Network, "bridge")
	c.DNSDomain = or(c.DNSDomain, "cluster.local")
	c.KeepDead = max(or(c.KeepDead, 1), 0)
	c.Pulls = or(c.Pulls, 3)
	c.MinDiskFree = or(c.MinDiskFree, 0.05)
	c.LogMaxBytes = or(c.LogMaxBytes, 10<<20)
	c.LogMaxFiles = or(c.LogMaxFiles, 5)
	if c.InfraImage != "" {
		if _, err := parseReference(c.InfraImage); err != nil {
			return c, fmt.Errorf("field InfraImage: %w", err)
		}
	}
	switch {
	case !instanceForm.MatchString(c.Instance):
		return c, fmt.Errorf("field Instance is %q; it must be at most 63 letters, digits, dots and dashes", c.Instance)
	case c.Port < 0 || c.Port > 65535:
		return c, fmt.Errorf("field Port is %d; it must be 1 to 65535", c.Port)
	case c.KeepImages < 0:
		return c, fmt.Errorf("field KeepImages is %s; it can not be negative", c.KeepImages)
	case c.MinDiskFree >= 1:
		return c, fmt.Errorf("field MinDiskFree is %g; it is a share, and must be below 1", c.MinDiskFree)
	case c.Pulls < 0:
		return c, fmt.Errorf("field Pulls is %d; it can not be negative", c.Pulls)
	case c.LogMaxBytes < 0:
		return c, fmt.Errorf("field LogMaxBytes is %d; it can not be negative", c.LogMaxBytes)
	case c.LogMaxFiles < 0:
		return c, fmt.Errorf("field LogMaxFiles is %d; it can not be negative", c.LogMaxFiles)
	}
	return c, nil
}

// or returns v, or the default where v is the zero value.
func or[T comparable](v, fallback T) T {
	var zero T
	if v == zero {
		return fallback
	}
	return v
}
