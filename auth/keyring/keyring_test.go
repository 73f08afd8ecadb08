package keyring

import (
	"errors"
	"net"
	"path/filepath"
	"runtime"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// drawer is a keyring that answers.
type drawer struct {
	mu   sync.Mutex
	held string
	gets int
}

func (d *drawer) get(string, string) (string, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.gets++; d.held == "" {
		return "", ErrNoKey
	}
	return d.held, nil
}

func (d *drawer) set(_, _, value string) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.held = value
	return nil
}

// alone is the lock of a process that has the store for itself.
func alone() (unlock func(), err error) { return func() {}, nil }

func TestTheFirstToComeMakesTheKeyOfAll(t *testing.T) {
	d := &drawer{}
	first, second := &Ring{Get: d.get, Set: d.set}, &Ring{Get: d.get, Set: d.set}
	sealed, err := first.Sealer(alone).Seal("tokens", []byte("file"))
	require.NoError(t, err)
	plain, err := second.Sealer(alone).Open(sealed, []byte("file"))
	require.NoError(t, err)
	assert.Equal(t, "tokens", plain)
	asked := d.gets
	_, err = second.Sealer(alone).Seal("more", nil)
	require.NoError(t, err)
	assert.Equal(t, asked, d.gets, "a process asks for the key once")
}

func TestTwoThatFindNoKeyAtTheSameInstantSealUnderOne(t *testing.T) {
	synctest.Test(t, func(t *testing.T) { // no time passes while anybody works
		d := &drawer{}
		var store sync.Mutex
		both, found := make(chan struct{}), make(chan struct{}, 2)
		lock := func() (unlock func(), err error) {
			found <- struct{}{}
			<-both // until each has found none
			store.Lock()
			return store.Unlock, nil
		}
		rings := [2]*Ring{{Get: d.get, Set: d.set}, {Get: d.get, Set: d.set}}
		sealed := [2][]byte{}
		var all sync.WaitGroup
		for i, r := range rings {
			all.Go(func() {
				if made, err := r.Sealer(lock).Seal("tokens", nil); err == nil {
					sealed[i] = made
				}
			})
		}
		<-found
		<-found
		close(both)
		all.Wait()
		for i := range rings {
			plain, err := rings[i].Sealer(lock).Open(sealed[1-i], nil)
			require.NoError(t, err)
			assert.Equal(t, "tokens", plain)
		}
	})
}

func TestWithoutTheLockNoKeyIsMade(t *testing.T) {
	d := &drawer{}
	r := &Ring{Get: d.get, Set: d.set}
	_, err := r.Sealer(func() (func(), error) { return nil, errors.New("the store is another's") }).Seal("tokens", nil)
	require.ErrorContains(t, err, "the store is another's")
	assert.Empty(t, d.held)
}

// onBus has the desktop's keyring asked over a bus of the test's own.
func onBus(t *testing.T, address string) {
	t.Helper()
	if runtime.GOOS == "darwin" {
		t.Skip("the keychain is asked without a bus")
	}
	t.Setenv("DBUS_SESSION_BUS_ADDRESS", address)
}

func TestWithoutASessionBusNoProgramIsStartedToFindAKeyring(t *testing.T) {
	onBus(t, "autolaunch:")
	require.ErrorContains(t, (&Ring{}).Sealer(alone).Check(), "no session bus is running")
}

func TestABusThatIsGoneIsSaid(t *testing.T) {
	onBus(t, "unix:path="+filepath.Join(t.TempDir(), "bus"))
	require.ErrorContains(t, (&Ring{}).Sealer(alone).Check(), "the keyring cannot be used: ")
}

// The bus takes the connection and never says a word, as one does whose daemon hangs.
func TestAKeyringThatHangsIsWaitedForShortlyAndOnce(t *testing.T) {
	assert.Less(t, limit, time.Second)
	socket := filepath.Join(t.TempDir(), "bus")
	bus, err := net.Listen("unix", socket)
	require.NoError(t, err)
	calls := make(chan net.Conn, 10)
	go func() {
		for {
			c, err := bus.Accept()
			if err != nil {
				return
			}
			calls <- c
		}
	}()
	onBus(t, "unix:path="+socket)
	r := &Ring{}
	require.ErrorContains(t, r.Sealer(alone).Check(), "locked or does not answer within 900ms")
	require.ErrorContains(t, r.Sealer(alone).Check(), "locked or does not answer")
	call := <-calls
	require.NoError(t, bus.Close())
	assert.Empty(t, calls, "what hangs is not asked again")

	// The daemon dies: what was asked has its answer.
	question := r.pending
	require.NoError(t, call.Close())
	question <- <-question
	require.ErrorContains(t, r.Sealer(alone).Check(), "the keyring cannot be used")
}

func TestAKeyringThatIsUnlockedLaterIsUsedFromThenOn(t *testing.T) {
	unlocked := make(chan struct{})
	d := &drawer{}
	r := &Ring{Set: d.set, Get: func(service, account string) (string, error) {
		<-unlocked
		return d.get(service, account)
	}}
	require.ErrorContains(t, r.Sealer(alone).Check(), "locked or does not answer")
	question := r.pending
	close(unlocked)
	question <- <-question
	require.NoError(t, r.Sealer(alone).Check())
}

func TestAKeyringThatRefusesIsLeftAloneForAWhile(t *testing.T) {
	asked := 0
	r := &Ring{Get: func(string, string) (string, error) {
		asked++
		return "", errors.New("the window was closed\x1b[2J")
	}}
	require.ErrorContains(t, r.Sealer(alone).Check(), "the keyring cannot be used: the window was closed [2J")
	require.Error(t, r.Sealer(alone).Check())
	assert.Equal(t, 1, asked, "each question may open a window")
}

func TestAKeyringThatAnswersNonsenseEndsNoConsole(t *testing.T) {
	r := &Ring{Get: func(string, string) (string, error) { panic("interface conversion") }}
	require.ErrorContains(t, r.Sealer(alone).Check(), "not of its protocol")
	r = &Ring{Get: func(string, string) (string, error) { return "c2hvcnQ=", nil }}
	require.ErrorContains(t, r.Sealer(alone).Check(), "the key in the keyring is damaged: 5 bytes instead of 32")
}
