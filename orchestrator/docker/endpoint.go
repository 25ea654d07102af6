package docker

import (
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	docker "github.com/fsouza/go-dockerclient"
)

// defaultEndpoint is where an engine listens unless somebody told it otherwise.
const defaultEndpoint = "unix:///var/run/docker.sock"

// endpoint is an engine's address.
type endpoint struct {
	url   string // unix://… or tcp://…
	certs string // directory; empty: no TLS
}

// endpoint returns where the engine is, from the environment where the config
// does not say.
func (c Config) endpoint() (endpoint, error) {
	e := endpoint{url: c.Endpoint, certs: c.Certs}
	if e.url == "" {
		e.url = os.Getenv("DOCKER_HOST")
		if e.url != "" && e.certs == "" && os.Getenv("DOCKER_TLS_VERIFY") != "" {
			e.certs = os.Getenv("DOCKER_CERT_PATH")
			if e.certs == "" {
				return e, errors.New("DOCKER_TLS_VERIFY is set, and neither DOCKER_CERT_PATH nor field Certs says where the certificates are")
			}
		}
	}
	e.url = or(e.url, defaultEndpoint)
	u, err := url.Parse(e.url)
	switch {
	case err != nil:
		return e, fmt.Errorf("endpoint %q is no URL: %w", e.url, err)
	case u.Scheme == "unix" && u.Path != "" && u.Host == "":
		e.certs = ""
	case u.Scheme == "tcp" && u.Hostname() != "" && u.Port() != "" && strings.Trim(u.Path, "/") == "":
	default:
		return e, fmt.Errorf("endpoint is %q; it must be unix:///path/to/socket or tcp://host:port", e.url)
	}
	return e, nil
}

// client returns a client of the engine. It connects to nothing yet.
func (e endpoint) client() (*docker.Client, error) {
	if e.certs == "" {
		return docker.NewClient(e.url)
	}
	var files [3]string
	for i, name := range []string{"cert.pem", "key.pem", "ca.pem"} {
		files[i] = filepath.Join(e.certs, name)
		if _, err := os.Stat(files[i]); err != nil { // without the authority's, the client would trust everybody
			return nil, err
		}
	}
	return docker.NewTLSClient(e.url, files[0], files[1], files[2])
}

// base is the beginning of the URLs of requests that are made without the client's methods.
func (e endpoint) base() string {
	at, isTCP := strings.CutPrefix(e.url, "tcp://")
	switch {
	case !isTCP:
		return "http://engine" // the transport connects to the socket whatever the host is
	case e.certs != "":
		return "https://" + strings.TrimRight(at, "/")
	}
	return "http://" + strings.TrimRight(at, "/")
}

// host returns the IP address of the engine's machine as far as the endpoint
// says it; empty where that has a name.
func (e endpoint) host() string {
	u, err := url.Parse(e.url)
	if err != nil || u.Scheme != "tcp" {
		return "127.0.0.1"
	}
	ip, err := netip.ParseAddr(u.Hostname())
	if err != nil {
		return ""
	}
	return ip.String()
}
