package core

import (
	"archive/zip"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"fndeck/client"
	"fndeck/client/embedded/engine/disk"
	"fndeck/client/embedded/engine/runner"
	"fndeck/client/embedded/engine/store"
	"fndeck/client/pack"
)

// The phases of a deploy.
const (
	PhaseQueued      = "queued"
	PhaseUnpacking   = "unpacking"
	PhaseEnvironment = "building"
	PhaseImporting   = "checking"
	PhaseSwitched    = "switched"
)

const (
	// importLimit bounds the import of a function.
	importLimit = time.Minute
)

// deployment is one deploy under way.
type deployment struct {
	e   *Core
	d   store.Deploy
	v   store.Version
	log *logWriter
	// took is what the phases before this one took, since when this one began.
	took  []string
	since time.Time
}

// startDeploy runs a queued deploy in the background.
func (e *Core) startDeploy(functionID, id int64) {
	ctx, cancel := context.WithCancelCause(e.ctx)
	e.deploying.add(id, functionID, nil, cancel)
	e.jobs.Go(func() {
		defer cancel(nil)
		defer e.deploying.end(id, store.Call{})
		defer e.guard("deploy", id, func(reason string) { e.abandon(id, reason) })
		if err := e.deploy(ctx, id); err != nil && !errors.Is(err, store.ErrNotFound) {
			e.c.Logger.Error("deploy", "id", id, "error", err)
			e.abandon(id, "the engine could not read or store its state: "+err.Error())
		}
	})
}

// abandon fails a deploy whose job has ended without an outcome.
func (e *Core) abandon(id int64, reason string) {
	err := e.insist(finding{complaint: "the end of a deploy is not stored", id: id, write: e.store.Write, work: func(tx *store.Tx) error {
		d, err := e.store.Deploy(id)
		if err != nil {
			return err
		}
		return e.interrupt(tx, d, reason, e.now())
	}})
	if err != nil {
		e.c.Logger.Error("a deploy stays open", "id", id, "error", err)
	}
}

// deploy takes a deploy from Queued to Ready or Failed. The returned error is
// one of the state, not of the function: that is in the row.
func (e *Core) deploy(ctx context.Context, id int64) error {
	if e.ctx.Err() != nil {
		return nil // still Queued: the next engine begins it
	}
	d, err := e.store.Deploy(id)
	if err != nil {
		return err
	}
	v, err := e.store.Version(d.FunctionID, d.To)
	if err != nil {
		return err
	}
	index, extra, err := e.indexURLs(v)
	secrets := credentials(append([]string{index}, extra...)...)
	p := &deployment{e: e, d: d, v: v, log: e.newLog(id, secrets)}
	if err == nil {
		err = p.run(ctx, index, extra)
	}
	if err != nil && e.ctx.Err() != nil { // whatever it looks like, that is why
		err = fmt.Errorf("interrupted: %w while this was deployed", context.Cause(e.ctx))
	}
	return p.finish(err)
}

func (p *deployment) run(ctx context.Context, index string, extra []string) error {
	e := p.e
	if err := p.phase(PhaseUnpacking); err != nil {
		return err
	}
	root, err := e.unpacked(ctx, p.v.SHA256)
	if err != nil {
		return err
	}
	if err := checkEntry(root, p.v.Settings.FunctionPath); err != nil {
		return err
	}
	runtimes, err := e.Runtimes(ctx)
	if err != nil {
		return err
	}
	runtime, err := runtimes.Find(p.v.Runtime)
	if err != nil {
		return err
	}
	p.v.Runtime, p.v.RuntimeVersion = runtime.Name, runtime.Version
	if err := p.build(ctx, root, runtimes, runtime, index, extra); err != nil {
		return err
	}
	if err := p.phase(PhaseImporting); err != nil {
		return err
	}
	return p.check(ctx)
}

// check imports the version, which is the deploy check, and keeps the zygote
// for the first call.
func (p *deployment) check(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, importLimit)
	defer cancel()
	z, spec, err := p.e.pool.start(ctx, p.v, false, p.output)
	if err != nil {
		return err
	}
	p.v.Mode = ModeIsolated
	if z.Unforkable != "" {
		p.v.Mode, p.v.ModeReason = ModeCold, z.Unforkable
		p.say("runs cold: " + p.v.ModeReason)
		z.Stop()
		runner.RemoveScratch(spec.Scratch)
		if z, spec, err = p.e.pool.start(ctx, p.v, true, p.output); err != nil {
			return err
		}
	}
	p.say(fmt.Sprintf("imported in %s", z.ImportTime.Round(time.Millisecond/10)))
	p.e.pool.adopt(p.v, z, spec)
	return nil
}

func (p *deployment) say(text string) {
	p.log.build(text)
}

func (p *deployment) output(lines []runner.Line) {
	for _, l := range lines {
		p.say(l.Text)
	}
}

// phase records how far the deploy is. It need not be durable: a deploy that a
// power cut finds Queued simply runs again.
func (p *deployment) phase(name string) error {
	p.endPhase()
	p.d.Status, p.d.Phase = store.Deploying, name
	p.v.Status = store.Deploying
	return p.e.store.Write(store.Relaxed, func(tx *store.Tx) error {
		return errors.Join(tx.UpdateDeploy(p.d), tx.UpdateVersion(p.v))
	})
}

// endPhase notes how long the present phase took.
func (p *deployment) endPhase() {
	now, began := p.e.c.Clock(), p.since
	if began.IsZero() {
		began = p.d.Started
	}
	p.took = append(p.took, fmt.Sprintf("%s %s", p.d.Phase, max(0, now.Sub(began)).Round(time.Millisecond)))
	p.since = now
}

// finish stores the outcome in one transaction: callers get the old version
// before it and the new one after it.
func (p *deployment) finish(failure error) error {
	now := p.e.c.Clock().UTC()
	p.d.Ended = now
	p.endPhase()
	if failure != nil {
		p.fail(failure)
	} else {
		p.d.Status, p.d.Phase = store.Ready, PhaseSwitched
		p.v.Status, p.v.Ready = store.Ready, now
	}
	p.say("took: " + strings.Join(p.took, ", "))
	rest, _ := p.log.rest()
	err := p.e.insist(finding{complaint: "the outcome of a deploy is not stored", id: p.d.ID, write: p.e.store.Write, work: func(tx *store.Tx) error {
		f, err := tx.Function(p.d.FunctionID)
		if err != nil {
			return err
		}
		p.d.From = f.Serving
		err = errors.Join(tx.AppendLines(p.d.ID, rest), tx.UpdateVersion(p.v), tx.UpdateDeploy(p.d))
		if err == nil && failure == nil {
			err = tx.SetServing(f.ID, p.v.Number)
		}
		return err
	}})
	switch {
	case err != nil:
		p.e.pool.discard(p.v)
	case failure == nil:
		p.e.pool.keepOnly(p.v.FunctionID, p.v.Number)
	}
	return err
}

func (p *deployment) fail(failure error) {
	if saysFull(failure) {
		failure = p.e.room.Explain(errors.Join(syscall.ENOSPC, failure), disk.BallastBytes)
	}
	message, trace := failure.Error(), ""
	var imported *runner.ImportError
	if errors.As(failure, &imported) {
		trace = imported.Trace
		p.sayTrace(trace)
	}
	if output := builtUntil(failure); output != nil {
		message, trace = pack.MaskURL(message), p.log.mask.mask(pack.MaskURL(strings.Join(output, "\n")))
	}
	message = p.log.mask.mask(message)
	p.say("failed: " + message)
	p.d.Status, p.d.ErrorMessage, p.d.ErrorTrace = store.Failed, message, trace
	p.v.Status, p.v.ErrorMessage, p.v.ErrorTrace = store.Failed, message, trace
}

// sayTrace puts a traceback into the build output.
func (p *deployment) sayTrace(trace string) {
	for line := range strings.Lines(trace) {
		p.say(strings.TrimRight(line, "\n"))
	}
}

// checkEntry gives the cloud's own sentence for the commonest mistake.
func checkEntry(root, path string) error {
	if !filepath.IsLocal(path) || !strings.HasSuffix(path, ".py") {
		return fmt.Errorf("function path %q must be a .py file inside the folder", path)
	}
	info, err := os.Lstat(filepath.Join(root, filepath.FromSlash(path)))
	if err != nil || !info.Mode().IsRegular() {
		return client.Invalidf("No Python module found at location %q in zip-file", path)
	}
	return nil
}

// unpacked returns the folder of a version's code and unpacks it if needed.
func (e *Core) unpacked(ctx context.Context, sha string) (string, error) {
	return e.unpackOnce(sha, func(dir string) error {
		archive, err := e.OpenCode(sha)
		if err != nil {
			return err
		}
		defer func() { _ = archive.Close() }() // only read
		info, err := archive.Stat()
		if err != nil {
			return err
		}
		need := unpackedBytes(archive, info.Size())
		if err := e.room.Check(need); err != nil {
			return err
		}
		return e.room.Explain(pack.Unpack(ctx, archive, info.Size(), dir, pack.Limits{}), need)
	})
}

// unpackedBytes is what an archive says that it takes once unpacked; one that
// cannot be read is refused where it is unpacked.
func unpackedBytes(archive io.ReaderAt, size int64) (total int64) {
	files, err := zip.NewReader(archive, size)
	if err != nil {
		return 0
	}
	for _, f := range files.File {
		if total += int64(f.UncompressedSize64); total < 0 || total > maxUpload<<4 {
			return maxUpload << 4 // it lies, or exceeds what unpacking allows
		}
	}
	return total
}

// saysFull reports whether a failure is, or a build ended with, a full disk.
func saysFull(failure error) bool {
	return disk.IsFull(failure) || slices.ContainsFunc(builtUntil(failure), func(line string) bool {
		return strings.Contains(line, syscall.ENOSPC.Error()) || strings.Contains(line, "No space left on device")
	})
}
