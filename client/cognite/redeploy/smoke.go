package redeploy

import (
	"context"

	"fndeck/client"
)

// awaitSmoke waits for the end of the smoke call. One that fails takes everything
// back: nobody else has called the new version yet.
func (o *Operation) awaitSmoke(ctx context.Context, candidate string) error {
	since := o.m.Clock()
	for {
		c, err := o.m.API.Call(ctx, candidate, o.state().smoke)
		switch {
		case err != nil:
			return err
		case c.Status == client.CallCompleted:
			return o.write(Record{Kind: Done, Step: AwaitSmoke, Target: candidate})
		case c.Status.Ended():
			return o.turn("the smoke call of the new version ended as "+string(c.Status)+": "+message(c.Error), c.Error)
		}
		o.tell(string(c.Status))
		if err := o.pause(ctx, since); err != nil {
			return err
		}
	}
}

// called finds the smoke call that was sent, if it was. Only ours can be there: no
// schedule has moved. Where there is none, a person is asked before it is sent
// again, which taking the operation up says.
func (o *Operation) called(ctx context.Context, open Record) (id string, done bool, err error) {
	done, err = o.present(ctx, func() (bool, error) {
		page, err := o.m.API.Calls(ctx, client.CallQuery{FunctionID: open.Target})
		if len(page.Calls) > 0 {
			id = page.Calls[len(page.Calls)-1].ID
		}
		return id != "", err
	})
	if err == nil && !done && !o.resumed {
		return "", false, &stopped{"it is not known whether the smoke call was carried out, and no call is listed", "resume calls again, roll back takes everything back"}
	}
	return id, done, err
}
