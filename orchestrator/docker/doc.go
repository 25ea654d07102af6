// Package docker runs containers on a Docker Engine.
package docker
