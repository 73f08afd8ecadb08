package store

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// damageRounds is how often a state is damaged: more when asked for.
func damageRounds(t *testing.T) int {
	t.Helper()
	if text := os.Getenv("FNDECK_FAULT_ROUNDS"); text != "" {
		n, err := strconv.Atoi(text)
		require.NoError(t, err)
		return 5 * n
	}
	return 15
}

// truth is what a state holds, by a name for each row.
type truth map[string]string

// readAll reads a whole state through the same doors as the dialects. Errors are
// returned with what could be read.
func readAll(s *Store) (truth, error) {
	all, errs := truth{}, []error{}
	note := func(err error) { errs = append(errs, err) }
	put := func(key string, row any) { all[key] = fmt.Sprintf("%+v", row) }
	functions, err := s.Functions()
	note(err)
	for _, f := range functions {
		put(fmt.Sprint("function ", f.ID), f)
		schedules, err := s.Schedules(f.ID)
		note(err)
		for _, c := range schedules {
			put(fmt.Sprint("schedule ", c.ID, " of function ", f.ID), c)
		}
		latest, err := s.Version(f.ID, f.Latest)
		note(err)
		if err == nil {
			put(fmt.Sprint("latest of ", f.ID), latest)
		}
		versions, err := s.Versions(f.ID)
		note(err)
		for _, v := range versions {
			put(fmt.Sprint("version ", f.ID, v.Number), v)
		}
		calls, err := s.Calls(CallQuery{FunctionID: f.ID, Limit: 1000})
		note(err)
		for _, c := range calls {
			put(fmt.Sprint("call ", c.ID, " of function ", f.ID), c)
			put(fmt.Sprint("call ", c.ID), c)
		}
	}
	deploys, err := s.Deploys(0, 1000)
	note(err)
	for _, d := range deploys {
		put(fmt.Sprint("deploy ", d.ID), d)
	}
	schedules, err := s.Schedules(0)
	note(err)
	for _, c := range schedules {
		put(fmt.Sprint("schedule ", c.ID), c)
	}
	calls, err := s.Calls(CallQuery{Limit: 1000})
	note(err)
	for _, c := range calls {
		put(fmt.Sprint("call ", c.ID), c)
		data, response, err := s.CallBodies(c.ID)
		note(err)
		if err == nil {
			put(fmt.Sprint("bodies ", c.ID), string(data)+string(response))
		}
		lines, err := s.Lines(c.ID, 0, 1000)
		note(err)
		for _, l := range lines {
			put(fmt.Sprint("line ", l.Position, " of call ", c.ID), l)
			put(fmt.Sprint("line ", l.Position), l)
		}
	}
	return all, errors.Join(errs...)
}

// writeState makes a state that fills some pages of each kind, with deleted rows
// among them.
func writeState(t *testing.T, dir string) truth {
	t.Helper()
	s := openTest(t, dir)
	var doomed []int64
	for f := range int64(4) {
		id := 100 + f
		require.NoError(t, s.Write(Durable, func(tx *Tx) error {
			errs := []error{
				tx.InsertFunction(Function{ID: id, Name: fmt.Sprint("function-", f), ExternalID: fmt.Sprint("x", f), Metadata: strings.Repeat("m", 200), Serving: 2, Latest: 2, Created: testClock()}),
				tx.InsertSchedule(Schedule{ID: 200 + f, FunctionID: id, Name: "hourly", Cron: "0 * * * *", NextDue: testClock(), Data: []byte(`{"a":1}`)}),
			}
			for n := 1; n <= 2; n++ {
				errs = append(errs, tx.InsertVersion(Version{FunctionID: id, Number: n, SHA256: "ab", Status: Ready, Created: testClock(), DeployID: 300 + 10*f + int64(n)}),
					tx.InsertDeploy(Deploy{ID: 300 + 10*f + int64(n), FunctionID: id, Kind: KindDeploy, To: n, Status: Ready, Started: testClock(), Ended: testClock()}))
			}
			return errors.Join(errs...)
		}))
		for n := range int64(40) {
			call := Call{ID: 1000 + 100*f + n, FunctionID: id, Version: 2, Status: Running, Started: testClock()}
			data, response := []byte(fmt.Sprintf(`{"n":%d,"pad":%q}`, n, strings.Repeat("x", int(n)))), []byte(strings.Repeat("r", int(n*n*4)))
			lines := make([]Line, n)
			for i := range lines {
				lines[i] = Line{Time: testClock(), Text: fmt.Sprintf("line %d of call %d", i, call.ID)}
			}
			require.NoError(t, s.Write(Relaxed, func(tx *Tx) error {
				done := call
				done.Status, done.Ended, done.LogLines = []string{Completed, Failed}[n%2], testClock(), n
				return errors.Join(tx.InsertCall(call, data), tx.AppendLines(call.ID, lines), tx.FinishCall(done, response))
			}))
			if n%5 == 0 {
				doomed = append(doomed, call.ID)
			}
		}
	}
	require.NoError(t, s.Write(Durable, func(tx *Tx) error {
		for _, id := range doomed {
			if err := errors.Join(tx.exec(`DELETE FROM calls WHERE id = ?`, id), tx.exec(`DELETE FROM log_blocks WHERE owner = ?`, id)); err != nil {
				return err
			}
		}
		return nil
	}))
	all, err := readAll(s)
	require.NoError(t, err)
	require.NoError(t, s.Close())
	return all
}

// damage flips the bits of a random region, or cuts the file short.
func damage(random *rand.Rand, file []byte) ([]byte, string) {
	if random.IntN(10) == 0 {
		size := random.IntN(len(file))
		return file[:size], fmt.Sprintf("cut to %d bytes", size)
	}
	bad := slices.Clone(file)
	at, size := random.IntN(len(bad)), 1+random.IntN(64)
	for i := at; i < min(at+size, len(bad)); i++ {
		bad[i] ^= byte(1 + random.IntN(255))
	}
	return bad, fmt.Sprintf("%d bytes at %d", size, at)
}

func requireTrue(t *testing.T, got, written truth, about string) {
	t.Helper()
	if bad := wrong(got, written); len(bad) > 0 {
		require.FailNow(t, "a wrong value was handed out", "%s: %d, such as %.300s", about, len(bad), bad[0])
	}
}

// wrong lists the rows of got that were never written.
func wrong(got, written truth) (all []string) {
	for key, row := range got {
		if written[key] != row {
			all = append(all, key+": "+row)
		}
	}
	return all
}

func TestADamagedStateNeverHandsOutAWrongValueAndIsSalvaged(t *testing.T) {
	source := t.TempDir()
	written := writeState(t, source)
	file, err := os.ReadFile(filepath.Join(source, fileName))
	require.NoError(t, err)
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	for round := range damageRounds(t) {
		bad, how := damage(random, file)
		dir := filepath.Join(t.TempDir(), "state")
		require.NoError(t, os.Mkdir(dir, 0o700))
		path := filepath.Join(dir, fileName)
		require.NoError(t, os.WriteFile(path, bad, 0o600))
		about := fmt.Sprintf("round %d, seed %d: %s", round, seed, how)

		if s, err := Open(dir, testClock); err == nil {
			got, err := readAll(s)
			requireTrue(t, got, written, about)
			if err != nil {
				require.ErrorIs(t, err, ErrDamaged, about)
			} else if len(got) < len(written) {
				require.NotEmpty(t, s.Damaged(), about)
			}
			_ = s.Close() // it may not be able to write any more
		} else {
			require.ErrorIs(t, err, ErrDamaged, about)
			require.ErrorContains(t, err, "fndeck doctor --repair", about)
			require.NotContains(t, err.Error(), "\n", about)
		}
		require.NoError(t, os.WriteFile(path, bad, 0o600))
		for _, end := range Companions() {
			require.NoError(t, os.RemoveAll(path+end))
		}
		checkSalvage(t, path, written, about, strings.HasPrefix(how, "cut"))
	}
}

func TestADamagedSchemaIsToldInOneLineWithoutTheBytesOfTheFile(t *testing.T) {
	dir := t.TempDir()
	writeState(t, dir)
	path := filepath.Join(dir, fileName)
	file, err := os.ReadFile(path)
	require.NoError(t, err)
	at := bytes.Index(file, []byte("preview TEXT NOT NULL"))
	require.Positive(t, at)
	copy(file[at:], "`\x1b[2J\n\xff\xfe\x9b")
	require.NoError(t, os.WriteFile(path, file, 0o600))
	for _, end := range Companions() {
		require.NoError(t, os.RemoveAll(path+end))
	}

	_, err = Open(dir, testClock)

	require.ErrorIs(t, err, ErrDamaged)
	require.ErrorContains(t, err, "malformed database schema (calls)")
	require.ErrorContains(t, err, "fndeck doctor --repair")
	for _, r := range err.Error() {
		require.True(t, r >= ' ' && r <= '~', "%q", err)
	}
}

// checkSalvage repairs a state and looks at what came over.
func checkSalvage(t *testing.T, path string, written truth, about string, cut bool) {
	t.Helper()
	to := filepath.Join(t.TempDir(), fileName)
	report, err := Salvage(context.Background(), path, to, testClock)
	require.NoError(t, err, about)
	checked, err := Check(context.Background(), filepath.Dir(to))
	require.NoError(t, err, about)
	require.True(t, checked.Healthy(), "%s: %+v", about, checked)
	s := openTest(t, filepath.Dir(to))
	defer func() { require.NoError(t, s.Close()) }()
	got, err := readAll(s)
	require.NoError(t, err, about)
	if len(report.Changed) == 0 && len(report.Lost["versions"]) == 0 {
		for _, key := range wrong(got, written) {
			assert.Contains(t, key, "function ", about) // the newest version may be another
		}
	}
	if cut {
		return
	}
	lost := map[string]int{}
	for key := range written {
		_, ok := got[key]
		kind, _, _ := strings.Cut(key, " ")
		if !ok && !strings.Contains(key, " of function ") { // what is told under a function goes with its row
			lost[kind]++
		}
	}
	most := 4
	if lost["function"] > 0 { // and its versions, its deploys and its schedules
		most = 6
	}
	assert.LessOrEqual(t, lost["call"], 60, "%s: more than what stood on the damaged pages is lost: %v %+v", about, lost, report)
	assert.LessOrEqual(t, len(lost), most, "%s: %v %+v", about, lost, report)
	if lost["call"] > 0 || lost["function"] > 0 {
		assert.True(t, report.Unreadable > 0 || len(report.Lost) > 0, about)
	}
}
