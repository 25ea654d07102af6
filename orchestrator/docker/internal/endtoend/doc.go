// Package endtoend holds no code, only tests: whole orchestrators on real
// engines, with what happens to both in real life. Host programs are killed,
// engines are killed, frozen and started again, containers run out of memory.
//
//	go test ./orchestrator/docker/internal/endtoend
//	CORACLE_KILLS=500 go test ./orchestrator/docker/internal/endtoend -run Kill -timeout 1h
//	go test ./orchestrator/docker/internal/endtoend -run '^$' -bench Start
package endtoend
