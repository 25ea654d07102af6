package scheduler

// fan is how many children a place of a tree has: as many ranks as one line of a
// processor's cache holds.
const fan = 8

// tree has a rank for each node, in rows: the lowest has those of the nodes, and each
// other one the highest rank of each eight of the row below. The highest row is one
// group of eight. Rows are filled up with ranks of nodes that refuse. So the best node
// is found, and the rank of one changed, in the time of the tree's height.
type tree struct {
	ranks []uint64   // of all rows
	rows  [][]uint64 // of ranks: the highest first
}

// size is how much memory it takes, in ranks.
func (t *tree) size() int { return len(t.ranks) }

// lay makes the tree one of n nodes, and returns the lowest row, to be filled in.
func (t *tree) lay(n int) []uint64 {
	var widths []int // from the lowest row up
	size := 0
	for width := n; ; width = (width + fan - 1) / fan {
		full := max(1, (width+fan-1)/fan) * fan
		widths = append(widths, full)
		size += full
		if width <= fan {
			break
		}
	}
	if len(t.ranks) != size {
		t.ranks = make([]uint64, size)
	} else {
		clear(t.ranks)
	}
	t.rows = t.rows[:0]
	rest := t.ranks
	for i := len(widths) - 1; i >= 0; i-- {
		t.rows = append(t.rows, rest[:widths[i]:widths[i]])
		rest = rest[widths[i]:]
	}
	return t.rows[len(t.rows)-1]
}

// build fills in all rows but the lowest.
func (t *tree) build() {
	for row := len(t.rows) - 2; row >= 0; row-- {
		below := t.rows[row+1]
		for i := 0; fan*i < len(below); i++ {
			t.rows[row][i] = highest((*[fan]uint64)(below[fan*i:]))
		}
	}
}

// highest returns the highest of a group of ranks.
func highest(g *[fan]uint64) uint64 {
	return max(max(max(g[0], g[1]), max(g[2], g[3])), max(max(g[4], g[5]), max(g[6], g[7])))
}

// set changes the rank of node i.
func (t *tree) set(i int, rank uint64) {
	for row := len(t.rows) - 1; row >= 0; row-- {
		ranks := t.rows[row]
		if ranks[i] == rank {
			return
		}
		ranks[i] = rank
		rank = highest((*[fan]uint64)(ranks[i&^(fan-1):]))
		i /= fan
	}
}

// leaf returns the rank of node i.
func (t *tree) leaf(i int) uint64 { return t.rows[len(t.rows)-1][i] }

// best returns the first of the nodes with the highest rank; false where all refuse.
func (t *tree) best() (int, bool) {
	if len(t.rows) == 0 {
		return 0, false
	}
	most, at := highest((*[fan]uint64)(t.rows[0])), 0
	if most == refusedRank {
		return 0, false
	}
	for _, ranks := range t.rows {
		for at *= fan; ranks[at] != most; {
			at++
		}
	}
	return at, true
}

// walk visits the nodes that take the pod, the first by name first: those whose rank is
// worth it when their turn comes. No rank below one that is not may be worth it.
func (t *tree) walk(worth func(rank uint64) bool, visit func(i int, rank uint64)) {
	if len(t.rows) > 0 {
		t.walkGroup(0, 0, worth, visit)
	}
}

// walkGroup walks the nodes below a group of a row.
func (t *tree) walkGroup(row, group int, worth func(rank uint64) bool, visit func(i int, rank uint64)) {
	for i, rank := range t.rows[row][fan*group : fan*group+fan] {
		switch {
		case rank == refusedRank || !worth(rank):
		case row < len(t.rows)-1:
			t.walkGroup(row+1, fan*group+i, worth, visit)
		default:
			visit(fan*group+i, rank)
		}
	}
}
