package docker_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/coracle-dev/coracle/labels"
	"github.com/coracle-dev/coracle/node"
	"github.com/coracle-dev/coracle/orchestrator/docker"
)

func TestEndpointOverTCP(t *testing.T) {
	t.Parallel()
	x := newRig(t)
	g := serveGate(t, x.engine.Endpoint(), listen(t))
	x.config.Endpoint = g.endpoint
	x.open()
	p := x.pod("web", x.toy("app", "wait"))
	x.start(p)
	x.kill(x.running(p, "app"))
	<-x.Changed() // the events come over TCP too
	require.Equal(t, 137, x.ended(p, "app").ExitCode)
	require.NotEmpty(t, g.made())
}

func TestDialByAddress(t *testing.T) {
	t.Parallel()
	x := newRig(t)
	l := listen(t)
	g := serveGate(t, x.engine.Endpoint(), l)
	x.config.Endpoint, x.config.Port = "unix:///nowhere", l.Addr().(*net.TCPAddr).Port
	r, err := x.config.Dial(x.ctx, &node.Node{
		Meta:   labels.Meta{Name: "n1"},
		Status: node.Status{Addresses: []node.Address{{Type: node.InternalIP, Address: "127.0.0.1"}}},
	})
	require.NoError(t, err)
	_, err = r.List(x.ctx)
	require.NoError(t, err)
	require.NotEmpty(t, g.made())
	require.NoError(t, r.(*docker.Runtime).Close())
}

func TestEndpointOverTLS(t *testing.T) { // serial: it sets variables
	x := newRig(t)
	certs, other := certificates(t), certificates(t)
	pair, err := tls.LoadX509KeyPair(filepath.Join(certs, "cert.pem"), filepath.Join(certs, "key.pem"))
	require.NoError(t, err)
	authority, err := os.ReadFile(filepath.Join(certs, "ca.pem"))
	require.NoError(t, err)
	pool := x509.NewCertPool()
	require.True(t, pool.AppendCertsFromPEM(authority))
	g := serveGate(t, x.engine.Endpoint(), tls.NewListener(listen(t), &tls.Config{
		Certificates: []tls.Certificate{pair}, ClientAuth: tls.RequireAndVerifyClientCert, ClientCAs: pool,
	}))
	list := func(c docker.Config) error {
		r, err := docker.New(c, "n1")
		if err != nil {
			return err
		}
		defer r.Close()
		_, err = r.List(x.ctx)
		return err
	}
	require.NoError(t, list(docker.Config{Endpoint: g.endpoint, Certs: certs, Instance: x.config.Instance}))
	require.Error(t, list(docker.Config{Endpoint: g.endpoint}), "without TLS")
	require.ErrorContains(t, list(docker.Config{Endpoint: g.endpoint, Certs: other}), "certificate", "of another authority")

	t.Setenv("DOCKER_HOST", g.endpoint)
	t.Setenv("DOCKER_TLS_VERIFY", "1")
	t.Setenv("DOCKER_CERT_PATH", certs)
	require.NoError(t, list(docker.Config{Instance: x.config.Instance}))
	t.Setenv("DOCKER_CERT_PATH", "")
	require.ErrorContains(t, list(docker.Config{}), "DOCKER_CERT_PATH")
	require.NoError(t, os.Remove(filepath.Join(certs, "ca.pem")))
	require.ErrorContains(t, list(docker.Config{Certs: certs}), "ca.pem", "whoever is not certified is not trusted")
}

func TestConfigErrors(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		config docker.Config
		says   string
	}{
		{docker.Config{Endpoint: "unix://"}, `endpoint is "unix://"; it must be unix:///path/to/socket or tcp://host:port`},
		{docker.Config{Endpoint: "tcp://here"}, `endpoint is "tcp://here"`},
		{docker.Config{Endpoint: "tcp://here:1/x"}, `endpoint is "tcp://here:1/x"`},
		{docker.Config{Endpoint: "http://here:1"}, `endpoint is "http://here:1"`},
		{docker.Config{Endpoint: "tcp://%:1"}, `endpoint "tcp://%:1" is no URL`},
		{docker.Config{Endpoint: "tcp://here:1", Certs: "/nowhere"}, "/nowhere/cert.pem"},
		{docker.Config{Instance: "-x"}, `field Instance is "-x"`},
		{docker.Config{Port: 65536}, "field Port is 65536; it must be 1 to 65535"},
		{docker.Config{LogMaxBytes: -1}, "field LogMaxBytes is -1; it can not be negative"},
		{docker.Config{LogMaxFiles: -1}, "field LogMaxFiles is -1; it can not be negative"},
	} {
		_, err := docker.New(tt.config, "n1")
		require.ErrorContains(t, err, tt.says)
		require.ErrorContains(t, err, `open docker runtime of node "n1": `)
	}
	_, err := docker.New(docker.Config{}, "")
	require.ErrorContains(t, err, "a node needs a name")
}

func listen(t *testing.T) net.Listener {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	return l
}

// certificates makes a directory with ca.pem, cert.pem and key.pem for 127.0.0.1.
func certificates(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	authority := x509.Certificate{
		SerialNumber: big.NewInt(1), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	sign := func(name string, c *x509.Certificate, public *ecdsa.PublicKey) {
		der, err := x509.CreateCertificate(rand.Reader, c, &authority, public, key)
		require.NoError(t, err)
		write(t, filepath.Join(dir, name), "CERTIFICATE", der)
	}
	sign("ca.pem", &authority, &key.PublicKey)
	own, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	sign("cert.pem", &x509.Certificate{
		SerialNumber: big.NewInt(2), NotBefore: authority.NotBefore, NotAfter: authority.NotAfter,
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	}, &own.PublicKey)
	der, err := x509.MarshalECPrivateKey(own)
	require.NoError(t, err)
	write(t, filepath.Join(dir, "key.pem"), "EC PRIVATE KEY", der)
	return dir
}

func write(t *testing.T, path, kind string, der []byte) {
	t.Helper()
	require.NoError(t, os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), 0o600))
}
