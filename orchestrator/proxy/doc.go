// Package proxy moves the bytes of services: a client reaches a set of pods by
// one address that never changes, while the pods come and go.
//
//	p, err := proxy.New(proxy.Config{Client: o.Client()})
//	…
//	err = p.Run(ctx)
//
// It follows the services and endpoints of an orchestrator, listens where
// clients come to, and hands each connection to the next endpoint. One that
// refuses is passed over before the client sees anything of it.
package proxy
