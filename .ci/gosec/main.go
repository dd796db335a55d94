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
	"path/filepath"
	"strings"

	"github.com/securego/gosec/v2"
	"github.com/securego/gosec/v2/analyzers"
	"github.com/securego/gosec/v2/issue"
	"github.com/securego/gosec/v2/rules"
	"golang.org/x/tools/go/packages"
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
	folders, err := gosec.PackagePaths("./...", gosec.ExcludedDirsRegExp(append(dirs, `\.git/`, `\.tools/`)))
	if err != nil {
		return nil, err
	}
	if len(folders) == 0 {
		return nil, fmt.Errorf("no packages below ../..")
	}
	loaded, err := load(folders)
	if err != nil {
		return nil, err
	}
	// Without this variable gosec asks the go command for each statement with range.
	if err := os.Setenv("GOSECGOVERSION", loaded[0].Module.GoVersion); err != nil {
		return nil, err
	}
	a := gosec.NewAnalyzer(gosec.NewConfig(), false, false, false, 1, log.New(io.Discard, "", 0))
	a.LoadRules(rules.Generate(false, rules.NewRuleFilter(true, exclude...)).RulesInfo())
	a.LoadAnalyzers(analyzers.Generate(false, analyzers.NewAnalyzerFilter(true, exclude...)).AnalyzersInfo())
	for _, p := range loaded {
		if err := a.ParseErrors(p); err != nil {
			return nil, err
		}
		a.CheckRules(p)
		a.CheckAnalyzers(p)
	}
	issues, _, unread := a.Report()
	for file, reasons := range unread {
		return issues, fmt.Errorf("%s: %+v", file, reasons)
	}
	return issues, nil
}

// load reads the packages in folders, all at once: [gosec.Analyzer.Process] runs the go command for each of them, which
// takes longer than the analysis. A folder that has tests alone has no package here.
func load(folders []string) (loaded []*packages.Package, err error) {
	for i, f := range folders {
		if folders[i], err = filepath.Abs(f); err != nil {
			return nil, err
		}
	}
	all, err := packages.Load(&packages.Config{Mode: gosec.LoadMode}, folders...)
	for _, p := range all {
		if len(p.GoFiles) > 0 || len(p.Errors) > 0 {
			loaded = append(loaded, p)
		}
	}
	if err == nil && (len(loaded) == 0 || loaded[0].Module == nil) {
		err = fmt.Errorf("no package of a module in %d folders", len(folders))
	}
	return loaded, err
}
