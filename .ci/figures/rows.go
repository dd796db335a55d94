package main

import (
	"cmp"
	"fmt"
	"slices"
)

// row is one line of the table.
type row struct{ name, value string }

func rows(t *tree) []row {
	var lengths []int
	for _, f := range t.functions {
		lengths = append(lengths, f.lines)
	}
	return []row{
		{"lines deployed (linked by functions, no tests, not generated)", fmt.Sprint(t.deployed)},
		{"lines of code (no tests, not generated)", fmt.Sprint(t.code)},
		{"tokens deployed / of code, without comments", fmt.Sprintf("%d / %d", t.deployedTokens, t.tokens)},
		{"files of code", fmt.Sprint(len(t.files))},
		{"lines of tests", fmt.Sprint(t.tests)},
		{"test lines per line of code", fmt.Sprintf("%.2f", float64(t.tests)/float64(t.code))},
		{"function: median / p90 / longest", spread(lengths)},
		{"longest function deployed", fmt.Sprint(longest(t.deployedFunctions).lines)},
		{"longest function in a test", fmt.Sprint(longest(t.testFunctions).lines)},
		{"functions of more than 60 lines, tests included", fmt.Sprint(len(t.long))},
		{"file: median / p90 / longest", spread(t.files)},
		{"most exported names in a package", most(t.exported)},
		{"lines with a comment", fmt.Sprintf("%.0f %%", 100*float64(t.comments)/float64(t.code))},
		{"runnable examples", fmt.Sprint(t.examples)},
		{"lines of more than 120 columns",
			fmt.Sprintf("%.2f %% (%d)", 100*float64(len(t.wide))/float64(t.allLines), len(t.wide))},
		{"README: lines / words", fmt.Sprintf("%d / %d", t.readmeLines, t.words)},
	}
}

// spread is the median, the ninth decile and the largest of some numbers.
func spread(numbers []int) string {
	slices.Sort(numbers)
	n := len(numbers)
	return fmt.Sprintf("%d / %d / %d", numbers[n/2], numbers[n*9/10], numbers[n-1])
}

func longest(functions []function) function {
	return slices.MaxFunc(functions, func(a, b function) int { return cmp.Compare(a.lines, b.lines) })
}

func most(exported map[string]int) string {
	var folder string
	for f, n := range exported {
		if n > exported[folder] || n == exported[folder] && f < folder {
			folder = f
		}
	}
	return fmt.Sprintf("%d (%s)", exported[folder], folder)
}
