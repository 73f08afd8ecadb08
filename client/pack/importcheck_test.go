package pack

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestAnImportThatIsTriedSaysWhatComesOfIt(t *testing.T) {
	python, err := exec.LookPath("python3")
	if err != nil {
		t.Skip("no Python on this machine")
	}
	const handle = "\ndef handle(data):\n    return 1\n"
	for name, c := range map[string]struct {
		files map[string]string
		entry string
		want  string
		level Level
	}{
		"good":                 {map[string]string{"handler.py": "print('noise')\nimport lib.deep" + handle, "lib/deep.py": "X = 1"}, "", "", Warn},
		"dotted":               {map[string]string{"src/job.py": "import src.other" + handle, "src/other.py": ""}, "src/job.py", "", Warn},
		"a package is missing": {map[string]string{"handler.py": "import json\nimport nosuchpackage.sub" + handle}, "", "handler.py:2: imports nosuchpackage, which is not installed here: the rest of the import was not tried", Warn},
		"a module of its own":  {map[string]string{"handler.py": "import lib.gone" + handle, "lib/here.py": ""}, "", "handler.py:1: the import fails here: ModuleNotFoundError: No module named 'lib.gone'", Confirm},
		"it raises deeper":     {map[string]string{"handler.py": "import lib" + handle, "lib.py": "\n\nraise ValueError('no')"}, "", "lib.py:3: the import fails here: ValueError: no", Confirm},
		"it exits":             {map[string]string{"handler.py": "import sys\nsys.exit(3)" + handle}, "", "handler.py:2: the import fails here: SystemExit: 3", Confirm},
		"it dies":              {map[string]string{"handler.py": "import os\nos._exit(0)" + handle}, "", "handler.py: the import was not finished: the process ended before the import did", Confirm},
		"what is left out":     {map[string]string{"handler.py": "import venv_tool" + handle, ".fndeckignore": "venv_tool.py", "venv_tool.py": ""}, "", "handler.py:1: imports venv_tool, which is not installed here: the rest of the import was not tried", Warn},
	} {
		t.Run(name, func(t *testing.T) {
			p := scan(t, writeTree(t, c.files), Options{FunctionPath: c.entry})
			require.Empty(t, p.Findings)
			require.NoError(t, p.CheckImport(context.Background(), python, c.entry))
			if c.want == "" {
				assert.Empty(t, messages(p.Findings))
				return
			}
			assert.Equal(t, []string{c.want}, messages(p.Findings))
			assert.Equal(t, c.level, p.Findings[0].Level)
		})
	}
}

func TestAnImportLeavesNoProcessAndNoFile(t *testing.T) {
	python, err := exec.LookPath("python3")
	if err != nil {
		t.Skip("no Python on this machine")
	}
	t.Setenv("TMPDIR", t.TempDir())
	marker := filepath.Join(t.TempDir(), "pid")
	p := scan(t, writeTree(t, map[string]string{"handler.py": "import subprocess\nc = subprocess.Popen(['sleep', '1000'])\nopen(" + quote(marker) + ", 'w').write(str(c.pid))\nopen('x', 'w')\ndef handle(data): pass\n"}), Options{})
	require.NoError(t, p.CheckImport(context.Background(), python, ""))
	assert.Empty(t, messages(p.Findings))
	pid, err := os.ReadFile(marker)
	require.NoError(t, err)
	assert.Eventually(t, func() bool {
		state, err := os.ReadFile("/proc/" + string(pid) + "/stat")
		return err != nil || strings.Contains(string(state), ") Z ")
	}, 10*time.Second, time.Millisecond)
	left, err := os.ReadDir(os.Getenv("TMPDIR"))
	require.NoError(t, err)
	assert.Empty(t, left)
}

func quote(s string) string { return "'" + s + "'" }
