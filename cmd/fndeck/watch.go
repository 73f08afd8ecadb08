package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"

	"fndeck/client"
	"fndeck/client/action"
	"fndeck/cmd/output"
	"fndeck/ui"
)

// watch prints a listing, then each row that is new or has changed, until ctx
// ends. A row that went is told on stderr.
func (a *app) watch(ctx context.Context, backend client.Backend, l listing, s scope, format string) error {
	switch format {
	case output.JSON:
		// A stream has no closing bracket to wait for.
		format = output.JSONL
	case output.YAML:
		return usagef("fndeck get", "--watch prints table, wide, name or jsonl")
	}
	shown := map[string][]byte{}
	printer, first := a.printer(), true
	return action.EachChange(ctx, backend, l.events, func(ctx context.Context) (bool, error) {
		rows, err := l.fetch(ctx, a, backend, s)
		if err != nil {
			return false, err
		}
		changed, err := a.compare(shown, rows)
		if err != nil {
			return false, err
		}
		out := sheet{Header: l.header, Wide: l.wide, Rows: changed}
		if first {
			out.Empty = l.empty
		}
		if err := printer.Print(out, format); err != nil {
			return false, err
		}
		// The header stands above the first rows only.
		printer.NoHeaders = printer.NoHeaders || len(changed) > 0
		first = false
		return false, nil
	})
}

// compare returns the rows that are not as they were shown and remembers them.
func (a *app) compare(shown map[string][]byte, rows []row) ([]row, error) {
	var changed []row
	now := make(map[string]bool, len(rows))
	for _, r := range rows {
		text, err := json.Marshal(r.Value)
		if err != nil {
			return nil, fmt.Errorf("print the answer: %w", err)
		}
		now[r.Key] = true
		if !bytes.Equal(shown[r.Key], text) {
			changed = append(changed, r)
		}
		shown[r.Key] = text
	}
	for key := range shown {
		if !now[key] {
			a.note("gone: %s", ui.Clean(key))
			delete(shown, key)
		}
	}
	return changed, nil
}
