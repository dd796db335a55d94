// Command summary reads the output of go test -json and prints what matters: a
// line a package, the whole output of what failed, every skip with its reason,
// and how many cases of the conformance suite ran on each store. It exits with 1
// when anything failed.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"
)

type event struct {
	Action, Package, Test, Output string
}

func main() {
	var (
		output  = map[string][]string{} // of a test or package
		parents = map[string]bool{}     // tests with subtests
		passed  = map[string][]string{} // tests of a package
		skips   []string
		counts  = map[string]int{}
		lines   = bufio.NewReader(os.Stdin)
	)
	for {
		line, err := lines.ReadBytes('\n')
		if err != nil {
			break
		}
		var e event
		if json.Unmarshal(line, &e) != nil {
			fmt.Print(string(line)) // go's own words
			continue
		}
		key := e.Package + " " + e.Test
		if i := strings.LastIndex(e.Test, "/"); i > 0 {
			parents[e.Package+" "+e.Test[:i]] = true
		}
		switch e.Action {
		case "build-output":
			fmt.Print(e.Output)
		case "build-fail":
			counts["fail"]++
		case "output":
			output[key] = append(output[key], e.Output)
			if e.Test == "" && (strings.HasPrefix(e.Output, "ok ") || strings.HasPrefix(e.Output, "FAIL") || strings.HasPrefix(e.Output, "panic:")) {
				fmt.Print(e.Output)
			}
		case "fail":
			counts["fail"]++
			fmt.Print(strings.Join(output[key], ""))
		case "skip":
			if e.Test != "" {
				counts["skip"]++
				skips = append(skips, strings.Join(output[key], ""))
			}
		case "pass":
			if e.Test != "" {
				passed[e.Package] = append(passed[e.Package], e.Test)
			}
			delete(output, key)
		}
	}
	if len(skips) > 0 {
		fmt.Printf("\nSKIPPED\n%s", strings.Join(skips, ""))
	}
	total := 0
	for pkg, tests := range passed {
		tests = slices.DeleteFunc(tests, func(t string) bool { return parents[pkg+" "+t] })
		passed[pkg] = tests
		total += len(tests)
	}
	fmt.Printf("\nconformance suite: %d cases passed on SQLite, %d on DynamoDB's protocol\n",
		cases(passed["countersign/pkg/sqlitestore"]), cases(passed["countersign/pkg/dynamostore"]))
	fmt.Printf("%d passed, %d failed, %d skipped\n", total, counts["fail"], counts["skip"])
	if counts["fail"] > 0 || total == 0 {
		os.Exit(1)
	}
	if len(skips) > 0 && os.Getenv("CI") == "true" && os.Getenv("DYNAMODB_ENDPOINT") == "" { // there, one test has no engine to start
		fmt.Println("with CI=true, a test that is skipped has failed")
		os.Exit(1)
	}
}

func cases(tests []string) (n int) {
	for _, t := range tests {
		if strings.HasPrefix(t, "TestConformance/") {
			n++
		}
	}
	return n
}
