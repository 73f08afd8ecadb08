package cloud

import (
	"context"
	"errors"
	"strconv"
	"time"

	"fndeck/client"
	"fndeck/client/cognite"
)

type clock func() time.Time

// secondLook is how long after a first look something counts as absent only if it
// still is: a list may lag behind.
const secondLook = 10 * time.Second

// upload stores bytes as a file of our own name. Where it is not known what came of
// it, all bytes are sent once more, over the same file.
func (b *Backend) upload(ctx context.Context, f cognite.NewFile, zip []byte, progress client.Progress) (int64, error) {
	id, err := b.UploadTo(ctx, f, zip, progress)
	if !isUnknown(err) && !errors.Is(err, client.ErrUnavailable) {
		return id, err
	}
	f.Overwrite = true
	return b.UploadTo(ctx, f, zip, progress)
}

// create creates a function. Where it is not known what came of it, the file tells,
// from which no other function is built.
func (b *Backend) create(ctx context.Context, spec client.FunctionSpec, fileID int64) (cognite.Function, error) {
	f, err := b.Create(ctx, spec, fileID)
	if !isUnknown(err) {
		return f, err
	}
	for range 2 {
		found, lookErr := b.BuiltFrom(ctx, fileID)
		if lookErr == nil && len(found) > 0 {
			return found[len(found)-1], nil
		}
		if b.c.Wait(ctx, secondLook) != nil {
			break
		}
	}
	return f, err
}

// removed says what became of a deletion: where its answer was lost, by looking
// whether the thing is still there.
func (b *Backend) removed(ctx context.Context, what string, err error, there func() (bool, error)) error {
	if !isUnknown(err) {
		return err
	}
	for look := 1; ; look++ {
		still, lookErr := there()
		switch {
		case lookErr != nil:
			return err
		case !still:
			return nil
		case look == 2:
			return &client.Error{
				Code: client.CodeUnavailable, Message: "the answer to the deletion was lost, and " + what + " is still there", Hint: "delete it again", Err: err,
			}
		}
		if b.c.Wait(ctx, secondLook) != nil {
			return err
		}
	}
}

// fits says what the project would refuse, before the code is uploaded.
func (b *Backend) fits(ctx context.Context, spec client.FunctionSpec) error {
	if err := cognite.CheckSpec(spec); err != nil {
		return err
	}
	if spec.CPU == 0 && spec.MemoryGB == 0 {
		return nil
	}
	limits, err := b.Limits(ctx)
	if err != nil {
		return err
	}
	return limits.CheckSpec(spec)
}

// free makes sure that no function has an external id, before the code is uploaded.
func (b *Backend) free(ctx context.Context, externalID string) error {
	if externalID == "" {
		return nil
	}
	f, taken, err := b.LookUp(ctx, externalID)
	if err != nil || !taken {
		return err
	}
	return &client.Error{
		Code: client.CodeConflict, Message: "external id " + externalID + " belongs to function " + f.Name + " already",
		Hint: "redeploy it instead, or take another external id",
	}
}

func isUnknown(err error) bool {
	return err != nil && client.Explain(err).Code == client.CodeUnknownOutcome
}

// undo takes back a deploy that was refused. What it is not known of stays: the next
// list finds out.
func (b *Backend) undo(ctx context.Context, key string, fileID int64, why error) error {
	if isUnknown(why) || ctx.Err() != nil {
		return why
	}
	if fileID != 0 {
		if err := b.DeleteFiles(ctx, fileID); err != nil {
			return errors.Join(why, err)
		}
	}
	return errors.Join(why, b.store.Forget(key))
}

// StoredCode implements client.FileReader.
func (b *Backend) StoredCode(ctx context.Context, fileID string) ([]byte, error) {
	id, err := strconv.ParseInt(fileID, 10, 64)
	if err != nil || id <= 0 {
		return nil, client.Invalidf("file %q: the id of a file is a number", fileID)
	}
	return b.Download(ctx, id)
}
