package stacks

import (
	"fmt"
	"slices"
	"strings"
)

// Levels orders ids so that each stands in a level after all that it comes after. Within a level they keep their order.
// Names in after that are not among ids are ignored. A circle is an error that prints it.
func Levels(ids []string, after map[string][]string) ([][]string, error) {
	waits := make(map[string]map[string]bool, len(ids))
	for _, id := range ids {
		waits[id] = map[string]bool{}
	}
	behind := map[string][]string{}
	for id := range waits {
		for _, before := range after[id] {
			if waits[before] != nil && !waits[id][before] {
				waits[id][before] = true
				behind[before] = append(behind[before], id)
			}
		}
	}
	var levels [][]string
	for left := slices.Clone(ids); len(left) > 0; {
		var level, later []string
		for _, id := range left {
			switch {
			case waits[id] == nil: // named twice
			case len(waits[id]) == 0:
				level = append(level, id)
				waits[id] = nil
			default:
				later = append(later, id)
			}
		}
		if level == nil && later != nil {
			return nil, fmt.Errorf("these stacks wait for each other: %s", strings.Join(circle(waits), " comes after "))
		}
		for _, id := range level {
			for _, next := range behind[id] {
				delete(waits[next], id)
			}
		}
		if level != nil {
			levels = append(levels, level)
		}
		left = later
	}
	return levels, nil
}

// circle gives one that is in waits, each name before the one that it comes after, the first again at the end. All names
// in waits that still wait have another one to wait for.
func circle(waits map[string]map[string]bool) []string {
	at := ""
	for id, before := range waits {
		if len(before) > 0 && (at == "" || id < at) {
			at = id
		}
	}
	var way []string
	for !slices.Contains(way, at) {
		way = append(way, at)
		next := ""
		for before := range waits[at] {
			if next == "" || before < next {
				next = before
			}
		}
		at = next
	}
	way = way[slices.Index(way, at):]
	first := slices.Index(way, slices.Min(way))
	way = slices.Concat(way[first:], way[:first])
	return append(way, way[0])
}
