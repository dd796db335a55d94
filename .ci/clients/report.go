package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"text/tabwriter"
)

const docs = "docs/clients.md"

// report prints the results, and compares docs/clients.md with them or writes it. An error
// means that a step failed, that an SDK was not tested, or that the page differs.
func report(outcomes []outcome, write bool) error {
	passed, failed, skipped := table(outcomes)
	fmt.Printf("%d passed, %d failed, %d skipped\n", passed, failed, skipped)
	switch {
	case failed > 0:
		return errors.New("a step of an SDK failed")
	case skipped > 0 && os.Getenv("CI") == "true":
		return errors.New("an SDK was not tested, which fails the run with CI=true")
	case skipped > 0 && write:
		return fmt.Errorf("%s is written only after a run that tested every SDK", docs)
	case skipped > 0:
		return nil
	}
	page, err := page(outcomes)
	if err != nil {
		return err
	}
	if write {
		return os.WriteFile(docs, page, 0o644)
	}
	if is, _ := os.ReadFile(docs); !bytes.Equal(is, page) {
		return fmt.Errorf("%s differs from this run: go run ./.ci/clients --write updates it", docs)
	}
	return nil
}

func table(outcomes []outcome) (passed, failed, skipped int) {
	out := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(out, "SDK\tVERSION\tMODE\tSTEP\tRESULT")
	var notTested, faults string
	for _, o := range outcomes {
		if o.notTested != nil {
			skipped++
			notTested += fmt.Sprintf("NOT TESTED: %s: %v\n", o.sdk.name, o.notTested)
		}
		for _, s := range o.steps {
			result := "ok"
			if passed++; s.err != nil {
				passed--
				failed++
				result = "FAILED"
				faults += fmt.Sprintf("FAILED: %s %s, %s, %s: %v\n",
					o.sdk.name, o.version, o.mode, s.name, s.err)
			}
			fmt.Fprintf(out, "%s\t%s\t%s\t%s\t%s\n", o.sdk.name, o.version, o.mode, s.name, result)
		}
	}
	out.Flush()
	fmt.Print(faults, notTested)
	return passed, failed, skipped
}

// page returns docs/clients.md for a run without failure or skip.
func page(outcomes []outcome) ([]byte, error) {
	var b bytes.Buffer
	b.WriteString("# Vendors' own SDKs against Countersign\n\n" +
		"`make test-clients` runs each SDK as published, unmodified, against the local server. It\n" +
		"writes this page.\n\n" +
		"| SDK | package | version | mode | steps passed |\n|---|---|---|---|---|\n")
	for _, o := range outcomes {
		fmt.Fprintf(&b, "| %s | `%s` | %s | %s | %d of %d |\n",
			o.sdk.name, o.sdk.home, o.version, o.mode, len(o.steps), len(o.steps))
	}
	b.WriteString("\n" + leftOut + "\n\n## What each did\n")
	for _, family := range []string{"Alipay", "Unimatrix"} {
		stepsOf(&b, family, outcomes)
	}
	b.WriteString("\n## Pointing an SDK at Countersign\n\n" +
		"`countersign client add acme --country MY --generate-key` prints the settings of an Alipay SDK\n" +
		"and writes the private key to a file. With `--unimatrix simple` or `--unimatrix hmac` it prints\n" +
		"the access key id of a Unimatrix SDK once, and the secret in the mode `hmac`. In the mode\n" +
		"`simple` the access key id is the only secret. `--access-key-file` and `--hmac-secret-file`\n" +
		"take those that an application already uses. The lines below are those of the test.\n\n" +
		"The Unimatrix SDKs also read these three settings from the environment:\n" +
		"`UNIMTX_ACCESS_KEY_ID`, `UNIMTX_ACCESS_KEY_SECRET` and `UNIMTX_ENDPOINT`. An application that\n" +
		"is set up there changes no line. (This is read in their source; the test sets them in code.)\n")
	err := setUps(&b, outcomes)
	return b.Bytes(), err
}

// stepsOf lists the steps of a family of SDKs by mode. A step of several modes is listed
// once.
func stepsOf(b *bytes.Buffer, family string, outcomes []outcome) {
	seen := map[string]bool{}
	for _, o := range outcomes {
		if !strings.HasPrefix(o.sdk.name, family) {
			continue
		}
		var fresh []string
		for _, s := range o.steps {
			if !seen[s.name] {
				fresh = append(fresh, "- "+s.name+"\n")
			}
			seen[s.name] = true
		}
		if fresh != nil {
			fmt.Fprintf(b, "\n%s, %s:\n\n%s", family, o.mode, strings.Join(fresh, ""))
		}
	}
}

// setUps shows how each driver points its SDK at Countersign.
func setUps(b *bytes.Buffer, outcomes []outcome) error {
	seen := map[string]bool{}
	for _, o := range outcomes {
		if seen[o.sdk.source] {
			continue
		}
		seen[o.sdk.source] = true
		lines, err := shown(o.sdk.source)
		if err != nil {
			return err
		}
		fmt.Fprintf(b, "\n%s:\n\n```\n%s```\n", o.sdk.name, lines)
		if o.sdk.remark != "" {
			fmt.Fprintf(b, "\n%s\n", o.sdk.remark)
		}
	}
	return nil
}

// shown returns the lines of a driver between its two comments "docs".
func shown(source string) (string, error) {
	for _, name := range []string{"main.go", "main.py", "main.js", "Main.java", "src/main.rs"} {
		text, err := os.ReadFile(filepath.Join(source, name))
		if err != nil {
			continue
		}
		var kept strings.Builder
		between := false
		for line := range strings.Lines(string(text)) {
			word := strings.TrimSpace(line)
			if word == "# docs" || word == "// docs" {
				between = !between
			} else if between {
				kept.WriteString(word + "\n")
			}
		}
		return kept.String(), nil
	}
	return "", fmt.Errorf("%s has no driver", source)
}
