package pack

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fndeck/auth"
	"fndeck/client"
)

func secrets(values ...string) []client.Secret {
	var all []client.Secret
	for _, v := range values {
		all = append(all, auth.NewSecret(v))
	}
	return all
}

func TestUnpinnedRequirementsWithAnExtraIndexNeedAYes(t *testing.T) {
	two := secrets("https://a.test/simple", "https://b.test/simple")
	for text, want := range map[string][]string{
		"numpy\n":                          {"requirements.txt:1: numpy is not pinned and 2 extra indexes are set: any of them may supply it; one index URL alone is safe"},
		"# x\nnumpy>=1 # y\npandas~=2.0\n": {"requirements.txt:2: numpy, pandas are not pinned and 2 extra indexes are set: any of them may supply them; one index URL alone is safe"},
		"numpy==1.26.4":                    {"requirements.txt:1: numpy is pinned without a hash and 2 extra indexes are set: any of them may supply it; one index URL alone is safe"},
		"numpy==1.*":                       {"requirements.txt:1: numpy is not pinned and 2 extra indexes are set: any of them may supply it; one index URL alone is safe"},
		"numpy==1 \\\n  --hash=sha256:00 \\\n  --hash=sha256:11\n": nil,
		"numpy @ https://a.test/numpy-1.whl":                       nil,
		"https://a.test/numpy-1.whl":                               nil,
		"":                                                         nil,
	} {
		root := writeTree(t, map[string]string{"handler.py": goodHandler, "requirements.txt": text, "sub/requirements.txt": "pandas"})
		p := scan(t, root, Options{ExtraIndexURLs: two})
		assert.Equal(t, want, messages(p.NeedConfirmation()), text)
		assert.Empty(t, scan(t, root, Options{IndexURL: two[0]}).NeedConfirmation(), "one index is no confusion")
	}
	root := writeTree(t, map[string]string{"handler.py": goodHandler, "requirements.txt": "--extra-index-url https://a.test/\nnumpy"})
	assert.Equal(t, []string{"requirements.txt:2: numpy is not pinned and 1 extra index is set: any of them may supply it; one index URL alone is safe"},
		messages(scan(t, root, Options{}).NeedConfirmation()))
}

func TestExtraIndexesThatAFunctionHasAlreadyAreWarnedOf(t *testing.T) {
	root := writeTree(t, map[string]string{"handler.py": goodHandler, "requirements.txt": "numpy"})
	p := scan(t, root, Options{KeptExtraIndexes: 2})
	assert.Empty(t, p.NeedConfirmation(), "the first deploy has asked")
	assert.Equal(t, []string{"requirements.txt:1: numpy is not pinned and 2 extra indexes are set: any of them may supply it; one index URL alone is safe"}, messages(p.Findings))
}

func TestRequirementLinesAreReadAsPipDoes(t *testing.T) {
	root := writeTree(t, map[string]string{"handler.py": goodHandler, "requirements.txt": strings.Join([]string{
		"\ufeff# comment", "", "numpy", "Requests[security,socks] >= 2.8.1, == 2.8.* ; python_version < \"3.9\"", "a.b-c_d (>=1.0)",
		"x @ git+https://host.test/x.git@v1", "-r other.txt", "--pre", "--hash=sha256:1", "long \\", "  == 1.0",
		"not a requirement", "==1.0", "--wrong-option x", "-", "name=1",
	}, "\r\n"), "other.txt": ""})
	p := scan(t, root, Options{})
	assert.Equal(t, []string{
		"numpy", "Requests[security,socks] >= 2.8.1, == 2.8.* ; python_version < \"3.9\"", "a.b-c_d (>=1.0)",
		"x @ git+https://host.test/x.git@v1", "long    == 1.0",
	}, p.Requirements)
	assert.Equal(t, []string{
		`requirements.txt:7: -r "other.txt" is not checked, and a cloud may read requirements.txt at the root only`,
		`requirements.txt:12: cannot be read as a requirement: "not a requirement"`,
		`requirements.txt:13: cannot be read as a requirement: "==1.0"`,
		`requirements.txt:14: "--wrong-option" is no option of a requirements file`,
		`requirements.txt:15: "-" is no option of a requirements file`,
		`requirements.txt:16: cannot be read as a requirement: "name=1"`,
	}, messages(p.Findings))
}

func TestCredentialsInIndexURLsNeedAYesAndAreShownNowhere(t *testing.T) {
	root := writeTree(t, map[string]string{"handler.py": goodHandler, "requirements.txt": strings.Join([]string{
		"--index-url https://user:hunter2@a.test/simple", "--extra-index-url=https://hunter2@b.test/", "pkg @ https://u:hunter2/x#y@c.test/p.whl",
		"broken line https://u:hunter2@d.test", "--bad=https://u:hunter2@e.test", "https://u:p@hunter2@f.test/x.whl",
	}, "\n")})
	p := scan(t, root, Options{
		IndexURL:       auth.NewSecret("https://user:hunter2@x.test/simple"),
		ExtraIndexURLs: secrets("https://hunter2:@y.test", "https://plain.test/simple"),
	})
	assert.Contains(t, messages(p.Findings), `requirements.txt:4: cannot be read as a requirement: "broken line https://***@d.test"`)
	assert.Len(t, p.Requirements, 2)
	everything := fmt.Sprintf("%+v %#v", p, p)
	assert.NotContains(t, everything, "hunter2")
	var credentials []string
	for _, line := range messages(p.NeedConfirmation()) {
		if strings.Contains(line, "credentials") {
			credentials = append(credentials, line)
		}
	}
	assert.ElementsMatch(t, []string{
		"an extra index URL has credentials in it: https://***@y.test",
		"the index URL has credentials in it: https://***@x.test/simple",
		"requirements.txt:1: --index-url has credentials in it: https://***@a.test/simple",
		"requirements.txt:2: --extra-index-url has credentials in it: https://***@b.test/",
		"requirements.txt:3: a requirement has credentials in it: https://***@c.test/p.whl",
		"requirements.txt:4: a requirement has credentials in it: https://***@d.test",
		"requirements.txt:6: a requirement has credentials in it: https://***@f.test/x.whl",
	}, credentials)
}

func TestRequirementsThatABuildCouldNotFindAreRefusedWithTheirLine(t *testing.T) {
	for text, want := range map[string][]string{
		"-e .":                       {"requirements.txt:1: -e leaves the code where it is, which a build must not change: name the path or URL alone"},
		"numpy\n--editable=./x":      {"requirements.txt:2: --editable leaves the code where it is, which a build must not change: name the path or URL alone"},
		"-r ../base.txt":             {`requirements.txt:1: -r names "../base.txt", which is not inside the folder`},
		"-c /etc/constraints.txt":    {`requirements.txt:1: -c names "/etc/constraints.txt", which is not inside the folder`},
		"-r missing.txt":             {`requirements.txt:1: -r names "missing.txt", which is not among the files to upload`},
		"# x\n./gone-1.0.whl":        {`requirements.txt:2: the requirement names "./gone-1.0.whl", which is not among the files to upload`},
		"../sibling":                 {`requirements.txt:1: the requirement names "../sibling", which is not inside the folder`},
		"/home/me/pkg":               {`requirements.txt:1: the requirement names "/home/me/pkg", which is not inside the folder`},
		"~/pkg":                      {`requirements.txt:1: the requirement names "~/pkg", which is not inside the folder`},
		"pkg @ file:///home/me/pkg":  {"requirements.txt:1: a file: URL names a place on this machine only: give the path inside the folder"},
		"-f ./nowhere":               {`requirements.txt:1: -f names "./nowhere", which is not among the files to upload`},
		"a==1 --hash=sha256:0\nb==1": {"requirements.txt:2: b has no hash although a has one: pip wants them for all or for none"},
		"--require-hashes\na==1":     {"requirements.txt:2: a has no hash although --require-hashes is set: pip wants them for all or for none"},
	} {
		root := writeTree(t, map[string]string{"handler.py": goodHandler, "requirements.txt": text})
		assert.Equal(t, want, messages(scan(t, root, Options{}).Blocking()), text)
	}
}

func TestRequirementsThatOnlyTheEngineIsSureToTakeAreWarnedOf(t *testing.T) {
	for text, want := range map[string]string{
		"-r base.txt":                   `requirements.txt:1: -r "base.txt" is not checked, and a cloud may read requirements.txt at the root only`,
		"./wheels/a-1-py3-none-any.whl": `requirements.txt:1: the requirement "wheels/a-1-py3-none-any.whl" comes from the upload itself, which a cloud may not take`,
		"./pkg[extra] ; python_version": `requirements.txt:1: the requirement "pkg" comes from the upload itself, which a cloud may not take`,
		"--find-links=wheels":           `requirements.txt:1: --find-links "wheels" is a folder of the upload, which a cloud may not read`,
		"--index-url https://a.test/":   "requirements.txt:1: --index-url takes the place of the index URL that the function is deployed with",
		"--trusted-host a.test":         "requirements.txt:1: --trusted-host takes packages from a host whose certificate nobody checks",
		"-c https://a.test/c.txt":       "requirements.txt:1: -c takes requirements from a URL: they are not checked",
	} {
		root := writeTree(t, map[string]string{"handler.py": goodHandler, "requirements.txt": text, "base.txt": "", "wheels/a-1-py3-none-any.whl": "", "pkg/setup.py": ""})
		p := scan(t, root, Options{})
		assert.Equal(t, []string{want}, messages(p.Findings), text)
		assert.Empty(t, p.Blocking(), text)
	}
}

func TestALinkPageCountsAsAnotherIndex(t *testing.T) {
	root := writeTree(t, map[string]string{"handler.py": goodHandler, "requirements.txt": "-f https://a.test/links\nnumpy"})
	assert.Len(t, scan(t, root, Options{}).NeedConfirmation(), 1)
}

func TestMaskURLShowsNoUserinfo(t *testing.T) {
	for text, want := range map[string]string{
		"https://a.test/simple":                 "https://a.test/simple",
		"https://a.test:8080/simple":            "https://a.test:8080/simple",
		"https://u:p@a.test/simple":             "https://***@a.test/simple",
		"https://token@a.test/":                 "https://***@a.test/",
		"//u:p@a.test":                          "//***@a.test",
		"HTTPS://u:p@[::1]:80/":                 "HTTPS://***@[::1]:80/",
		"http://[::1]:80/x@1":                   "http://[::1]:80/x@1",
		"https://u:p/q@a.test/":                 "https://***@a.test/",
		"https://u:p?q#r@a.test/":               "https://***@a.test/",
		"https://u:p@q@a.test/":                 "https://***@a.test/",
		"git+https://a.test/x.git@v1":           "git+https://a.test/x.git@v1",
		"see https://u:p@a.test and http://v@b": "see https://***@a.test and http://***@b",
		"a@b.test":                              "a@b.test",
		"":                                      "",
	} {
		assert.Equal(t, want, MaskURL(text))
		assert.Equal(t, want, MaskURL(MaskURL(text)), "masking twice")
	}
}

func FuzzMaskURL(f *testing.F) {
	f.Add("hunter2", "a.test/simple")
	f.Add("p/w?x#y@z", "[::1]:80/")
	f.Fuzz(func(t *testing.T, password, rest string) {
		if strings.ContainsAny(password, " \t\r\n\"'<>") || strings.ContainsRune(rest, '@') {
			t.Skip("no password in a URL")
		}
		require.Equal(t, "x https://***@"+rest, MaskURL("x https://user:"+password+"@"+rest))
	})
}

// Whatever a requirements file holds, its lines are read without a fault, name
// no more than they hold, and are judged with lines that exist.
func FuzzRequirements(f *testing.F) {
	f.Add("numpy==1 \\\n --hash=sha256:0\n# x\n-r a.txt\r\n./b.whl ; x\n--index-url https://u:p@h/\n")
	f.Add("\ufeffx @ file:///a\n-e .\n~/x\n--find-links=..\n\\")
	f.Fuzz(func(t *testing.T, text string) {
		lines := RequirementLines(text)
		require.LessOrEqual(t, len(lines), strings.Count(text, "\n")+1)
		for _, name := range OpenToConfusion(text) {
			require.Contains(t, strings.Join(lines, "\n"), name)
		}
		p := Preview{Files: []File{{Path: requirementsFile}}}
		require.NoError(t, p.checkRequirements(t.Context(), memory{requirementsFile: []byte(text)}, Options{}))
		for _, finding := range p.Findings {
			require.Equal(t, requirementsFile, finding.Path)
			require.LessOrEqual(t, finding.Line, strings.Count(text, "\n")+1)
		}
	})
}
