//go:build linux

package embedded_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"fndeck/auth"
	"fndeck/client"
	"fndeck/client/clienttest"
)

// The bar: requirements that are installed already add less than 10 ms to a
// deploy. The floor is the same deploy without requirements.
func BenchmarkDeployWithACachedEnvironment(b *testing.B) {
	const deploys = 15
	index := clienttest.NewIndex(b, clienttest.Wheel{Name: "words", Version: "1.0.0", Files: map[string]string{"words.py": "WORD = 'hello'\n"}})
	backend, _ := benchDesk(b)
	spec := client.FunctionSpec{Name: "bench", IndexURL: auth.NewSecret(index.URL)}
	files := func(i int, requirements string) map[string][]byte {
		all := map[string][]byte{"handler.py": fmt.Appendf(nil, "%s# %d\n", benchHandler, i)}
		if requirements != "" {
			all["requirements.txt"] = []byte(requirements)
		}
		return all
	}
	benchDeployOf(b, backend, spec, files(0, "words\n"))
	asked := index.Requests()
	var with, without, added []time.Duration
	for b.Loop() {
		for i := range deploys {
			_, plain := benchDeployOf(b, backend, spec, files(2*i+1, ""))
			_, took := benchDeployOf(b, backend, spec, files(2*i+2, "words\n"))
			with, without, added = append(with, took), append(without, plain), append(added, took-plain)
		}
	}
	require.Equal(b, asked, index.Requests(), "nobody is asked")
	report(b, median(with), median(without))
	// Of pairs made one after the other, as both move with the machine's load.
	b.ReportMetric(ms(median(added)), "added-ms")
}
