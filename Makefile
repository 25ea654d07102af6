# The commands that are worth a short name. `.ci/run` holds the longer ones.

.PHONY: test race lint fuzz bench cover ci

test: # what the README says
	go test ./...

race: # needs a C compiler
	.ci/run race

lint: # formatting, go vet, staticcheck, tidy modules, layers
	.ci/run format vet lint modules arch

fuzz: # every target; make fuzz FUZZTIME=2m for longer
	.ci/run fuzz

bench: # every benchmark; make bench BENCH=Matches for some
	go test -run='^$$' -bench='$(or $(BENCH),.)' -benchmem ./...

cover: # every package's code as all tests together reach it
	go test -coverpkg=./... -coverprofile=cover.out ./...
	go tool cover -func=cover.out | tail -n 1

ci: # all that has to hold
	.ci/run
