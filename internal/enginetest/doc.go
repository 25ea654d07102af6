// Package enginetest is for tests that need a real Docker Engine: a client of it,
// images that come from no registry, a look at what a test left behind, a second
// engine to kill or freeze, and a registry that refuses, fails or waits.
//
//	client := enginetest.Connect(t) // skips where there is no engine, fails where CI=true
//	enginetest.NothingLeft(t, client, "coracle.node=n1")
//	image := enginetest.Toy(t, client)
//
// # Commands
//
// The images of Toy hold one program that does what its arguments say: commands,
// divided by arguments that are ";", one after the other.
//
//	print WORDS      to the standard output
//	complain WORDS   to the standard error
//	environ          prints the environment
//	whoami           prints uid:gid
//	exit CODE
//	sleep DURATION
//	wait WORDS       until SIGTERM or SIGINT, which end it well; prints the words, if
//	                 any, once these do
//	stubborn WORDS   for ever; prints the words, if any, once it ignores SIGTERM and SIGINT
//	serve PORT TEXT  answers HTTP with the text, in the background; /exit ends the program with code 3
//	fetch URL        prints the answer; tries for a minute
//	write PATH TEXT
//	read PATH…       prints the files
//	list DIR…        prints the names in the directories
//	echo             prints the standard input until it ends
//	eat MIB          takes memory and keeps it
//	orphan           fails unless whoever adopts a process reaps it
//
// A command that fails ends the program with code 1 and a reason on the standard
// error, one that does not exist with 2; after the last it ends with 0.
package enginetest
