package own

import (
	"strconv"
	"time"

	"fndeck/client"
	"fndeck/client/embedded/engine/dialect"
	"fndeck/client/embedded/engine/store"
	"fndeck/client/embedded/wire"
)

const (
	// logPage is how many lines one line of the answer carries at most.
	logPage = 1000
	// mostLimit is the highest limit of an answer.
	mostLimit = 1_000_000
	// logBatch is how many bytes of text it carries, or one line more: what it
	// costs to decode does not grow with the length of the lines.
	logBatch = 1 << 20
	// heartbeat is how often an idle stream shows that it lives.
	heartbeat = 5 * time.Second
)

// logQuery is what the parameters of GET logs select.
type logQuery struct {
	call, deploy, function int64
	after                  int64
	since                  time.Time
	follow                 bool
	// brief has each batch say only once whose lines that follow each other are.
	brief bool
	// limit is after how many lines the answer ends, 0 for none.
	limit int
}

func (a *API) logQuery(r *dialect.Request) (q logQuery, err error) {
	for _, p := range []struct {
		name string
		to   *int64
	}{{"call", &q.call}, {"deploy", &q.deploy}, {"function", &q.function}, {"after", &q.after}} {
		if *p.to, err = queryID(r, p.name); err != nil {
			return q, err
		}
	}
	if q.since, err = queryTime(r, "since"); err != nil {
		return q, err
	}
	if q.limit, err = queryLimit(r, 0, mostLimit); err != nil {
		return q, err
	}
	q.follow, q.brief = r.URL.Query().Get("follow") == "true", r.URL.Query().Get("brief") == "true"
	text := r.URL.Query().Get("tail")
	if text == "" {
		return q, nil
	}
	tail, err := strconv.Atoi(text)
	if err != nil || tail < 0 {
		return q, client.Invalidf("tail %q is not a number of lines", text)
	}
	position, err := a.tailPosition(q, tail)
	q.after = max(q.after, position)
	return q, err
}

func (a *API) tailPosition(q logQuery, tail int) (int64, error) {
	switch {
	case tail == 0:
		return 0, nil
	case q.call != 0 || q.deploy != 0:
		return a.core.Store().TailPosition(max(q.call, q.deploy), tail)
	}
	return a.core.Store().CallTailPosition(q.function, tail)
}

// logs streams lines as wire.Lines. Without follow it ends after what is there, or
// its limit; with it, it goes on until the call or deploy has ended, or the client
// goes.
func (a *API) logs(r *dialect.Request) error {
	q, err := a.logQuery(r)
	if err != nil {
		return err
	}
	if err := a.checkOwner(q); err != nil {
		return err
	}
	stream := a.newStream(r.Writer)
	defer stream.end()
	sent := 0
	for {
		changed := a.core.Store().Changed()
		over, err := a.over(q) // before the lines are read: what comes later is not the last
		if err != nil {
			return err
		}
		full := true
		for full {
			page := logPage
			if q.limit > 0 {
				page = min(page, q.limit-sent)
			}
			lines, err := a.lines(q, page)
			if err != nil {
				return err
			}
			full = len(lines) == page
			names, err := a.core.Store().FunctionNames(each(lines, func(l store.Line) int64 { return l.FunctionID }))
			if err != nil {
				return err
			}
			for len(lines) > 0 {
				n := batch(lines)
				q.after = lines[n-1].Position
				wanted := wire.Lines{Lines: linesOf(q, lines[:n], names)}
				if q.brief {
					wanted.Brief()
				}
				stream.sendLines(wanted)
				sent += len(wanted.Lines)
				lines = lines[n:]
			}
			if stream.failed || q.limit > 0 && sent == q.limit {
				return nil
			}
		}
		if over || !q.follow {
			stream.send(wire.Lines{Ended: over})
			return nil
		}
		if !stream.await(r.Context(), changed) {
			return nil
		}
	}
}

// batch is how many of the lines, at least one, go out together.
func batch(lines []store.Line) int {
	n, size := 1, len(lines[0].Text)
	for n < len(lines) && size+len(lines[n].Text) <= logBatch {
		size += len(lines[n].Text)
		n++
	}
	return n
}

func (a *API) checkOwner(q logQuery) (err error) {
	switch {
	case q.call != 0:
		_, err = a.core.Store().Call(q.call)
	case q.deploy != 0:
		_, err = a.core.Store().Deploy(q.deploy)
	case q.function != 0:
		_, err = a.core.Store().Function(q.function)
	}
	return err
}

// over reports whether no further line can come.
func (a *API) over(q logQuery) (bool, error) {
	switch {
	case q.call != 0:
		c, err := a.core.Store().Call(q.call)
		return c.Status != store.Running, err
	case q.deploy != 0:
		d, err := a.core.Store().Deploy(q.deploy)
		return !d.Ended.IsZero(), err
	}
	return false, nil
}

func (a *API) lines(q logQuery, most int) ([]store.Line, error) {
	if owner := max(q.call, q.deploy); owner != 0 {
		return a.core.Store().Lines(owner, q.after, most)
	}
	return a.core.Store().CallLines(q.function, q.after, q.since, most)
}

// linesOf maps lines; for several calls each says whose it is.
func linesOf(q logQuery, lines []store.Line, names map[int64]string) []client.LogLine {
	all := make([]client.LogLine, 0, len(lines))
	for _, l := range lines {
		line := client.LogLine{Position: l.Position, Time: l.Time, Stream: l.Stream.String(), Text: l.Text}
		if !q.since.IsZero() && l.Time.Before(q.since) {
			continue
		}
		if q.deploy == 0 {
			line.CallID = id(l.Owner)
			line.FunctionID, line.FunctionName = id(l.FunctionID), names[l.FunctionID]
		}
		all = append(all, line)
	}
	return all
}
