package orchestrator

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/coracle-dev/coracle/pod"
)

// runProbe asks a container how it is. nil: it is well.
func runProbe(ctx context.Context, runtime Runtime, item Work) error {
	probe := item.Probe.Probe
	ctx, cancel := context.WithTimeout(ctx, time.Duration(cmp.Or(probe.TimeoutSeconds, 1))*time.Second)
	defer cancel()
	return runHandler(ctx, runtime, item, &pod.Handler{Exec: probe.Exec, HTTPGet: probe.HTTPGet, TCPSocket: probe.TCPSocket})
}

// probeClient asks over a connection of its own each time, so that what it finds
// is how things are now.
var probeClient = &http.Client{
	Transport: &http.Transport{
		DisableKeepAlives: true,
		TLSClientConfig:   &tls.Config{InsecureSkipVerify: true}, //nolint:gosec // a probe asks whether it is up, not who it is
	},
	CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
}

// probeHTTP is well with a status from 200 to 399, as for a kubelet. The
// certificate of an HTTPS probe is not checked, and a redirect is not followed.
func probeHTTP(ctx context.Context, item Work, get *pod.HTTPGet) error {
	host, err := probeAddress(item, get.Host, get.Port)
	if err != nil {
		return err
	}
	path, query, _ := strings.Cut(get.Path, "?")
	u := url.URL{Scheme: cmp.Or(strings.ToLower(get.Scheme), "http"), Host: host, Path: cmp.Or(path, "/"), RawQuery: query}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), nil)
	if err != nil {
		return err
	}
	for _, h := range get.Headers {
		request.Header.Add(h.Name, h.Value)
		if strings.EqualFold(h.Name, "Host") {
			request.Host = h.Value
		}
	}
	response, err := probeClient.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	io.Copy(io.Discard, io.LimitReader(response.Body, 10<<10))
	if response.StatusCode < 200 || response.StatusCode > 399 {
		return fmt.Errorf("GET %s: %s", u.String(), response.Status)
	}
	return nil
}

func probeTCP(ctx context.Context, item Work, socket *pod.TCPSocket) error {
	address, err := probeAddress(item, socket.Host, socket.Port)
	if err != nil {
		return err
	}
	connection, err := new(net.Dialer).DialContext(ctx, "tcp", address)
	if err != nil {
		return err
	}
	return connection.Close()
}

// probeAddress returns host:port for a probe; a port may be given by its name.
func probeAddress(item Work, host string, port pod.IntOrString) (string, error) {
	number := port.Int
	if name := port.Name; name != "" {
		for _, p := range item.Container.Ports {
			if p.Name == name {
				number = p.ContainerPort
			}
		}
		if number == 0 {
			return "", fmt.Errorf("container %q has no port of the name %q", item.Container.Name, name)
		}
	}
	host = cmp.Or(host, item.Pod.Status.PodIP)
	if host == "" {
		return "", errors.New("the pod has no address")
	}
	return net.JoinHostPort(host, strconv.Itoa(number)), nil
}
