package node

import "github.com/coracle-dev/coracle/labels"

// The reasons of conditions.
const (
	RuntimeAnswers    = "RuntimeAnswers"    // Reachable: its runtime answers
	RuntimeReady      = "RuntimeReady"      // Ready: and nothing is wrong with it
	NodeStatusUnknown = "NodeStatusUnknown" // it has been silent for the grace
	NodeUnhealthy     = "NodeUnhealthy"     // it answers that it is not well
	NodeInvalid       = "NodeInvalid"       // something is wrong with its object
)

// The reasons of events, which have those of conditions as well.
const (
	EventNodeReady       = "NodeReady"       // it takes pods from now on
	EventNodeNotReady    = "NodeNotReady"    // it takes no pods any more
	EventNodeTerminated  = "NodeTerminated"  // its deletion was asked for
	EventZoneDisrupted   = "ZoneDisrupted"   // its nodes are given up slowly, or not at all
	EventZoneDown        = "ZoneDown"        // none of its nodes is ready
	EventZoneNormal      = "ZoneNormal"      // neither any more
	EventEvictionStopped = "EvictionStopped" // no node is ready anywhere
	EventEvictionResumed = "EvictionResumed" // one is again
	EventInstanceInvalid = "InstanceInvalid" // something is wrong with what a cloud lists
	EventDeletionHeld    = "DeletionHeld"    // a cloud's list lacks more nodes than can be
)

// event returns what the orchestrator makes an event of.
func event(of labels.EventType, reason, message string) labels.Event {
	return labels.Event{Type: of, Reason: reason, Message: message}
}
