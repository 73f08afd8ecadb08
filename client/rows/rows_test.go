package rows_test

import (
	"crypto/sha256"
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fndeck/client"
	"fndeck/client/rows"
)

var at = time.Date(2026, 8, 1, 10, 20, 30, 123456000, time.UTC)

func function(n int) client.Function {
	f := client.Function{
		ID: fmt.Sprint(1000 - n), Name: fmt.Sprintf("function-%d", n), Status: client.FunctionReady, Version: n%3 + 1,
		Owner: "data", Runtime: "py312", Schedules: n % 2, Created: at.Add(-time.Duration(n) * time.Hour), CPU: 0.25, MemoryGB: 1.5,
	}
	switch n % 5 {
	case 1:
		f.LastCall = &client.CallSummary{ID: fmt.Sprint(n), Status: client.CallFailed, Started: at.Add(time.Nanosecond)}
		f.Metadata = map[string]string{"team": "ocean", "stage": "test"}
	case 2:
		f.Error = &client.Failure{Message: "no such module", Trace: "line 1\nline 2"}
		f.SecretNames = []string{"key", "other"}
	case 3:
		f.EnvVars, f.SizeBytes, f.DeployStarted = map[string]string{"A": ""}, 1<<40, at
	}
	return f
}

func functions(n int) []client.Function {
	all := make([]client.Function, n)
	for i := range all {
		all[i] = function(i)
	}
	return all
}

func TestAPackedListGivesBackWhatWasPacked(t *testing.T) {
	plain := functions(1000)
	packed := rows.Pack(rows.Functions, plain)
	require.Equal(t, len(plain), packed.Len())
	assert.Equal(t, plain, packed.Items())
	reader := packed.Reader()
	random := rand.New(rand.NewPCG(1, 2))
	for range 1000 {
		row := random.IntN(len(plain))
		assert.Equal(t, plain[row], *reader.At(row), "whatever was read before")
		assert.Equal(t, plain[row], packed.At(row))
	}
}

func TestAPlainListIsTheItemsThemselves(t *testing.T) {
	plain := functions(3)
	list := rows.Of(plain)
	assert.Equal(t, plain, list.Items())
	assert.Equal(t, plain[2], list.At(2))
	assert.Zero(t, rows.List[client.Function]{}.Len())
}

// filled sets every field of a struct to something other than its zero value.
func filled[T any](t *testing.T) T {
	t.Helper()
	var item T
	v := reflect.ValueOf(&item).Elem()
	for i := range v.NumField() {
		switch field := v.Field(i); field.Interface().(type) {
		case time.Time:
			field.Set(reflect.ValueOf(at.Add(time.Duration(i) * time.Hour)))
		case *client.CallSummary:
			field.Set(reflect.ValueOf(&client.CallSummary{ID: "9", Status: "odd", Started: at}))
		case *client.Failure:
			field.Set(reflect.ValueOf(&client.Failure{Message: "m", Trace: "t"}))
		case []string:
			field.Set(reflect.ValueOf([]string{"b", "a"}))
		case map[string]string:
			field.Set(reflect.ValueOf(map[string]string{"b": "1", "a": ""}))
		case bool:
			field.SetBool(true)
		case float64:
			field.SetFloat(float64(i) + 0.5)
		default:
			if field.Kind() == reflect.String {
				field.SetString(fmt.Sprintf("text %d é", i))
				continue
			}
			require.True(t, field.CanInt(), v.Type().Field(i).Name)
			field.SetInt(int64(-i) - 1)
		}
	}
	return item
}

func TestEveryFieldOfAnItemIsPacked(t *testing.T) {
	f, c := filled[client.Function](t), filled[client.Call](t)
	plain := []client.Function{f, {}, f}
	assert.Equal(t, plain, rows.Pack(rows.Functions, plain).Items())
	calls := []client.Call{c, {}, c}
	assert.Equal(t, calls, rows.Pack(rows.Calls, calls).Items())
}

// formFour is the SHA-256 of a chunk as the form of this name has it. When that must
// be another, so must the name: engines and consoles of different versions meet.
const formFour = "b38ec31e469706ac3cdc6b08dad48a9f02ea2404e0db18993c74d58983495844"

func TestTheFormOfFunctionsHasTheNameOfItsBytes(t *testing.T) {
	chunk := rows.AppendChunks(rows.Functions, nil, []client.Function{filled[client.Function](t)})[0]
	require.Equal(t, "4", rows.FunctionForm)
	assert.Equal(t, formFour, fmt.Sprintf("%x", sha256.Sum256([]byte(chunk.Text()))))
}

func TestRowsOfOneGroupAreAlikeInWhatIsShared(t *testing.T) {
	plain := functions(400)
	for i := range plain {
		plain[i] = function(5 * i)
		plain[i].Version, plain[i].Schedules = 1+i/100, 0
	}
	reader := rows.Pack(rows.Functions, plain).Reader()
	groups := map[uint64]int{}
	for i := range plain {
		group := reader.Group(i)
		if first, known := groups[group]; known {
			assert.Equal(t, plain[first].Version, plain[i].Version)
			continue
		}
		groups[group] = i
	}
	assert.Less(t, len(groups), 10, "four versions, and a new group with each chunk")
}

func TestAListTakesLittleMemory(t *testing.T) {
	var chunks, all int
	for _, chunk := range rows.AppendChunks(rows.Functions, nil, slices.Repeat(functions(5)[:1], 1000)) {
		chunks++
		all += len(chunk.Text())
	}
	assert.LessOrEqual(t, all, 1000+100*chunks, "rows that are the same cost a byte")
}

func TestWhatIsNoChunkIsRefused(t *testing.T) {
	chunk := rows.AppendChunks(rows.Functions, nil, functions(50))[0]
	opened, err := rows.Open(rows.Functions, chunk.Text(), 50)
	require.NoError(t, err)
	assert.Equal(t, functions(50), rows.Packed(rows.Functions, []rows.Chunk{opened}).Items())
	for _, text := range []string{"", chunk.Text()[:len(chunk.Text())-1], chunk.Text() + "x", "\x01\xff"} {
		_, err := rows.Open(rows.Functions, text, 50)
		assert.ErrorIs(t, err, rows.ErrNoChunk, "%q", text)
	}
	_, err = rows.Open(rows.Functions, chunk.Text(), 49)
	require.ErrorIs(t, err, rows.ErrNoChunk)
}

func FuzzOpen(f *testing.F) {
	for _, n := range []int{1, 7, 60} {
		f.Add(rows.AppendChunks(rows.Functions, nil, functions(n))[0].Text(), n)
	}
	f.Fuzz(func(t *testing.T, text string, n int) {
		chunk, err := rows.Open(rows.Functions, text, n)
		if err != nil {
			return
		}
		// What was taken is read, and packs to what reads the same.
		list := rows.Packed(rows.Functions, []rows.Chunk{chunk})
		require.Equal(t, n, list.Len())
		text = ""
		for range 2 {
			again := rows.Packed(rows.Functions, rows.AppendChunks(rows.Functions, nil, list.Items()))
			packed := ""
			for _, c := range rows.AppendChunks(rows.Functions, nil, again.Items()) {
				packed += c.Text()
			}
			require.True(t, text == "" || text == packed)
			list, text = again, packed
		}
	})
}
