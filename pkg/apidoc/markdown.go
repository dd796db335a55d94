package apidoc

import (
	"fmt"
	"html/template"
	"strings"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/extension"
	"github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/util"
)

// descriptions turns the Markdown of the OpenAPI document into HTML. Tags and headings in it stay text: the page has
// headings of its own.
var descriptions = goldmark.New(
	goldmark.WithParser(parser.NewParser(
		parser.WithBlockParsers(
			util.Prioritized(parser.NewThematicBreakParser(), 200),
			util.Prioritized(parser.NewListParser(), 300),
			util.Prioritized(parser.NewListItemParser(), 400),
			util.Prioritized(parser.NewCodeBlockParser(), 500),
			util.Prioritized(parser.NewFencedCodeBlockParser(), 700),
			util.Prioritized(parser.NewBlockquoteParser(), 800),
			util.Prioritized(parser.NewParagraphParser(), 1000),
		),
		parser.WithInlineParsers(
			util.Prioritized(parser.NewCodeSpanParser(), 100),
			util.Prioritized(parser.NewLinkParser(), 200),
			util.Prioritized(parser.NewAutoLinkParser(), 300),
			util.Prioritized(parser.NewEmphasisParser(), 500),
		),
		parser.WithParagraphTransformers(parser.DefaultParagraphTransformers()...),
	)),
	goldmark.WithExtensions(extension.NewTable(extension.WithTableCellAlignMethod(extension.TableCellAlignNone))),
)

// markdown returns a description as HTML. Its tables can be scrolled.
func markdown(text string) (template.HTML, error) {
	var html strings.Builder
	if err := descriptions.Convert([]byte(text), &html); err != nil {
		return "", err
	}
	return template.HTML(strings.NewReplacer( // #nosec G203 -- goldmark escapes the text
		"<table>", `<div class="wide" tabindex="0" role="region" aria-label="Table"><table>`,
		"</table>", "</table></div>",
	).Replace(html.String())), nil
}

// markdownLine returns a text of one paragraph as HTML without the paragraph.
func markdownLine(text string) (template.HTML, error) {
	html, err := markdown(text)
	line := strings.TrimSpace(string(html))
	if line != "" && (!strings.HasPrefix(line, "<p>") || strings.Count(line, "</p>") != 1) {
		return "", fmt.Errorf("the OpenAPI document: the summary %q must be one paragraph", text)
	}
	return template.HTML(strings.TrimSuffix(strings.TrimPrefix(line, "<p>"), "</p>")), err // #nosec G203 -- the same
}
