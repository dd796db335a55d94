// Command gosec runs all of gosec's rules and analyzers on the packages of the module two folders up, without those in
// .tools, in which other checks install things. gosec's own command also links the SDKs of three AI services, whose
// compilation takes longer than the analysis.
package main

import (
	"flag"
	"fmt"
	"io"
	"log"
	"os"
	"strings"

	"github.com/securego/gosec/v2"
	"github.com/securego/gosec/v2/analyzers"
	"github.com/securego/gosec/v2/issue"
	"github.com/securego/gosec/v2/rules"
)

func main() {
	exclude := flag.String("exclude", "", "ids of rules that are left out, with commas between")
	dirs := flag.String("exclude-dir", "", "folders that are left out, with commas between")
	flag.Parse()
	issues, err := scan(strings.Split(*exclude, ","), strings.Split(*dirs, ","))
	for _, i := range issues {
		fmt.Printf("%s:%s: %s: %s\n%s", i.File, i.Line, i.RuleID, i.What, i.Code)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "gosec:", err)
	}
	if err != nil || len(issues) > 0 {
		os.Exit(1)
	}
}

// scan returns what gosec finds outside tests. A package that it cannot read is an error.
func scan(exclude, dirs []string) ([]*issue.Issue, error) {
	if err := os.Chdir("../.."); err != nil {
		return nil, err
	}
	packages, err := gosec.PackagePaths("./...", gosec.ExcludedDirsRegExp(append(dirs, `\.git/`, `\.tools/`)))
	if err != nil {
		return nil, err
	}
	if len(packages) == 0 {
		return nil, fmt.Errorf("no packages below ../..")
	}
	// One at a time: reading a package runs the go command, which uses all processors.
	a := gosec.NewAnalyzer(gosec.NewConfig(), false, false, false, 1, log.New(io.Discard, "", 0))
	a.LoadRules(rules.Generate(false, rules.NewRuleFilter(true, exclude...)).RulesInfo())
	a.LoadAnalyzers(analyzers.Generate(false, analyzers.NewAnalyzerFilter(true, exclude...)).AnalyzersInfo())
	if err := a.Process(nil, packages...); err != nil {
		return nil, err
	}
	issues, _, unread := a.Report()
	for file, reasons := range unread {
		return issues, fmt.Errorf("%s: %+v", file, reasons)
	}
	return issues, nil
}
