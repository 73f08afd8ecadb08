//go:build linux

package core

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fndeck/client/clienttest"
	"fndeck/client/embedded/engine/store"
)

// begin creates a function and returns without waiting for its deploy.
func (r *rig) begin(n NewFunction, sources map[string]string) View {
	r.Helper()
	n.Name, n.FileID = "f", r.file(sources)
	v, err := r.Create(r.ctx, n)
	require.NoError(r, err)
	return v
}

// said waits until the build output of a deploy holds a text.
func (r *rig) said(v View, text string) {
	r.Helper()
	r.await(func() bool { return strings.Contains(r.logOf(v.Latest.DeployID), text) })
}

// outputOf is what the build of a deploy printed, from "environment for" on.
func (r *rig) outputOf(v View) string {
	r.Helper()
	_, output, found := strings.Cut(r.logOf(v.Latest.DeployID), "environment for ")
	require.True(r, found, r.logOf(v.Latest.DeployID))
	output, _, _ = strings.Cut(output, "imported in")
	output, _, _ = strings.Cut(output, "failed: ")
	return output
}

const shared = "the same environment is being built for another deploy"

func TestASecondDeployThatWantsTheSameEnvironmentSeesTheBuildFromItsBeginning(t *testing.T) {
	index := clienttest.NewIndex(t, greeting, words)
	asked, release := index.Hold()
	defer release()
	r := newRig(t, nil)
	first := r.begin(NewFunction{IndexURL: index.URL}, needing)
	<-asked
	second := r.begin(NewFunction{IndexURL: index.URL}, needing)
	r.said(second, shared)
	release()
	first, second = r.settled(first.ID), r.settled(second.ID)
	require.Equal(t, store.Ready, first.Latest.Status, first.Latest.ErrorMessage)
	require.Equal(t, store.Ready, second.Latest.Status, second.Latest.ErrorMessage)
	assert.Equal(t, first.Latest.Environment, second.Latest.Environment)
	assert.Equal(t, r.outputOf(first), r.outputOf(second))
	assert.Contains(t, r.outputOf(second), "Successfully installed")
	// One page and one file for each of the two packages, and one HEAD or range
	// look at most: a second build would double it.
	assert.LessOrEqual(t, index.Requests(), int64(6))
}

func TestABuildGoesOnForTheOthersWhenTheFunctionThatBeganItIsDeleted(t *testing.T) {
	index := clienttest.NewIndex(t, greeting, words)
	asked, release := index.Hold()
	defer release()
	r := newRig(t, nil)
	first := r.begin(NewFunction{IndexURL: index.URL}, needing)
	<-asked
	second := r.begin(NewFunction{IndexURL: index.URL}, needing)
	r.said(second, shared)
	require.NoError(t, r.Delete([]int64{first.ID}))
	release()
	second = r.settled(second.ID)
	require.Equal(t, store.Ready, second.Latest.Status, second.Latest.ErrorMessage)
	_, response := r.call(second.ID, `{}`)
	assert.Equal(t, `"hello"`, response)
}

func TestABuildThatNobodyWantsAnyMoreEndsAndLeavesNothing(t *testing.T) {
	index := clienttest.NewIndex(t, greeting, words)
	asked, release := index.Hold()
	defer release()
	r := newRig(t, nil)
	v := r.begin(NewFunction{IndexURL: index.URL}, needing)
	<-asked
	deploy := r.deploying.find(v.Latest.DeployID)
	require.NotNil(t, deploy)
	require.NoError(t, r.Delete([]int64{v.ID}))
	<-deploy.done
	left, err := os.ReadDir(r.path(envsDir))
	require.NoError(t, err)
	assert.Empty(t, left)
	release()
	// The key is free again: what comes later builds it.
	v = r.deploy(NewFunction{IndexURL: index.URL}, needing)
	assert.Equal(t, store.Ready, v.Latest.Status, v.Latest.ErrorMessage)
}

func TestAFailedBuildFailsAllWhoWaitedWithTheSameLines(t *testing.T) {
	index := clienttest.NewIndex(t, words)
	asked, release := index.Hold()
	defer release()
	r := newRig(t, nil)
	missing := map[string]string{"handler.py": "def handle(data): pass\n", "requirements.txt": "words\npandass\n"}
	first := r.begin(NewFunction{IndexURL: index.URL}, missing)
	<-asked
	second := r.begin(NewFunction{IndexURL: index.URL}, missing)
	r.said(second, shared)
	release()
	first, second = r.settled(first.ID), r.settled(second.ID)
	assert.Equal(t, store.Failed, first.Latest.Status)
	assert.Equal(t, store.Failed, second.Latest.Status)
	assert.Contains(t, first.Latest.ErrorMessage, "No matching distribution found for pandass")
	assert.Equal(t, first.Latest.ErrorMessage, second.Latest.ErrorMessage)
	assert.Equal(t, first.Latest.ErrorTrace, second.Latest.ErrorTrace)
	assert.Contains(t, second.Latest.ErrorTrace, "pandass")
	assert.NotContains(t, second.Latest.ErrorTrace, shared)
}

// version reads what a call of the function says of the package words.
var asking = map[string]string{"handler.py": "import words\ndef handle(data): return words.WORD\n", "requirements.txt": "words>=1\n"}

func TestARebuildTakesWhatTheIndexHasNowAndLeavesOthersAsTheyAre(t *testing.T) {
	index := clienttest.NewIndex(t, words)
	r := newRig(t, nil)
	one, other := r.deploy(NewFunction{IndexURL: index.URL}, asking), r.deploy(NewFunction{IndexURL: index.URL}, asking)
	index.Add(t, clienttest.Wheel{Name: "words", Version: "2.0.0", Files: map[string]string{"words.py": "WORD = 'welcome'\n"}})

	_, err := r.Redeploy(r.ctx, one.ID, r.file(asking), Change{})
	require.NoError(t, err)
	r.settled(one.ID)
	_, response := r.call(one.ID, `{}`)
	assert.Equal(t, `"hello"`, response, "a deploy alone stays with what was resolved first")

	asked, release := index.Hold()
	defer release()
	v, err := r.Rebuild(one.ID)
	require.NoError(t, err)
	assert.Equal(t, 3, v.Latest.Number)
	<-asked
	_, response = r.call(one.ID, `{}`)
	assert.Equal(t, `"hello"`, response, "the old version serves meanwhile")
	_, err = r.Rebuild(one.ID)
	assert.ErrorContains(t, err, "is being deployed already")
	release()
	rebuilt := r.settled(one.ID)
	require.Equal(t, store.Ready, rebuilt.Latest.Status, rebuilt.Latest.ErrorMessage)
	_, response = r.call(one.ID, `{}`)
	assert.Equal(t, `"welcome"`, response)
	_, response = r.call(other.ID, `{}`)
	assert.Equal(t, `"hello"`, response, "others stay on the environment they have")

	// The function's next deploy keeps the packages that serve.
	changed := map[string]string{"handler.py": "import words\ndef handle(data): return words.WORD + '!'\n", "requirements.txt": "words>=1\n"}
	_, err = r.Redeploy(r.ctx, one.ID, r.file(changed), Change{})
	require.NoError(t, err)
	assert.Equal(t, rebuilt.Latest.Environment, r.settled(one.ID).Latest.Environment)
	_, response = r.call(one.ID, `{}`)
	assert.Equal(t, `"welcome!"`, response)

	_, err = r.Rollback(one.ID, 1)
	require.NoError(t, err)
	_, response = r.call(one.ID, `{}`)
	assert.Equal(t, `"hello"`, response, "the packages go back with the version")
	require.NoError(t, r.Core.Close())
	r.open()
	_, response = r.call(one.ID, `{}`)
	assert.Equal(t, `"hello"`, response)
}

func TestAFailedRebuildLeavesTheOldEnvironmentServing(t *testing.T) {
	index := clienttest.NewIndex(t, words)
	r := newRig(t, nil)
	v := r.deploy(NewFunction{IndexURL: index.URL}, asking)
	index.Add(t, clienttest.Wheel{Name: "words", Version: "2.0.0", Files: map[string]string{"words.py": "raise RuntimeError('broken')\n"}})
	_, err := r.Rebuild(v.ID)
	require.NoError(t, err)
	v = r.settled(v.ID)
	assert.Equal(t, store.Failed, v.Latest.Status)
	assert.Equal(t, 1, v.Function.Serving)
	_, response := r.call(v.ID, `{}`)
	assert.Equal(t, `"hello"`, response)
}

func TestThereIsNothingToRebuildWithoutRequirements(t *testing.T) {
	r := newRig(t, nil)
	v := r.handler("def handle(data): pass\n")
	_, err := r.Rebuild(v.ID)
	assert.ErrorContains(t, err, "has no requirements")
	_, err = r.Rebuild(999)
	assert.ErrorContains(t, err, "does not exist")
}

func TestScriptsOfARebuiltEnvironmentNameItsOwnPath(t *testing.T) {
	script := clienttest.Wheel{Name: "tool", Version: "1.0.0", Files: map[string]string{"tool.py": "def main(): pass\n", "tool-1.0.0.dist-info/entry_points.txt": "[console_scripts]\ntool = tool:main\n"}}
	index := clienttest.NewIndex(t, script)
	r := newRig(t, nil)
	v := r.deploy(NewFunction{IndexURL: index.URL}, map[string]string{"handler.py": "def handle(data): pass\n", "requirements.txt": "tool\n"})
	_, err := r.Rebuild(v.ID)
	require.NoError(t, err)
	v = r.settled(v.ID)
	require.Equal(t, store.Ready, v.Latest.Status, v.Latest.ErrorMessage)
	dir := r.path(envsDir, v.Latest.Environment)
	text, err := os.ReadFile(filepath.Join(dir, "bin", "tool"))
	require.NoError(t, err)
	assert.Contains(t, string(text), "#!"+dir+"/bin/python")
}
