package kept

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"fndeck/auth"
	"fndeck/client"
)

// at binds a sealed value to the lineage and its name there.
func at(key, name string) []byte { return []byte(key + "/" + name) }

// SetSpec puts what a function is created with into a version of a lineage;
// secret values are sealed.
func (s *Store) SetSpec(key string, v *Version, spec client.FunctionSpec) error {
	v.Settings = Settings{
		Name: spec.Name, ExternalID: spec.ExternalID, Description: spec.Description, Owner: spec.Owner, FunctionPath: spec.FunctionPath,
		Runtime: spec.Runtime, EnvVars: spec.EnvVars, Metadata: spec.Metadata, CPU: spec.CPU, MemoryGB: spec.MemoryGB,
	}
	v.Secrets, v.IndexURL, v.ExtraIndexURLs = nil, nil, nil
	for name, secret := range spec.Secrets {
		sealed, err := s.sealer.Seal(secret.Reveal(), at(key, "secret/"+name))
		if err != nil {
			return err
		}
		if v.Secrets == nil {
			v.Secrets = map[string][]byte{}
		}
		v.Secrets[name] = sealed
	}
	if !spec.IndexURL.IsZero() {
		sealed, err := s.sealer.Seal(spec.IndexURL.Reveal(), at(key, "index"))
		if err != nil {
			return err
		}
		v.IndexURL = sealed
	}
	for _, u := range spec.ExtraIndexURLs {
		sealed, err := s.sealer.Seal(u.Reveal(), at(key, "index"))
		if err != nil {
			return err
		}
		v.ExtraIndexURLs = append(v.ExtraIndexURLs, sealed)
	}
	return nil
}

// Spec is what a version was created with, secret values included. It fails where
// a value is not known here.
func (s *Store) Spec(key string, v Version) (client.FunctionSpec, error) {
	spec := client.FunctionSpec{
		Name: v.Settings.Name, ExternalID: v.Settings.ExternalID, Description: v.Settings.Description, Owner: v.Settings.Owner,
		FunctionPath: v.Settings.FunctionPath, Runtime: v.Settings.Runtime, EnvVars: v.Settings.EnvVars, Metadata: v.Settings.Metadata,
		CPU: v.Settings.CPU, MemoryGB: v.Settings.MemoryGB,
	}
	if len(v.Unknown) > 0 {
		return spec, UnknownSecrets(v.Settings.Name, v.Unknown)
	}
	for _, name := range slices.Sorted(maps.Keys(v.Secrets)) {
		value, err := s.sealer.Open(v.Secrets[name], at(key, "secret/"+name))
		if err != nil {
			return spec, err
		}
		if spec.Secrets == nil {
			spec.Secrets = map[string]client.Secret{}
		}
		spec.Secrets[name] = auth.NewSecret(value)
	}
	if v.IndexURL != nil {
		value, err := s.sealer.Open(v.IndexURL, at(key, "index"))
		if err != nil {
			return spec, err
		}
		spec.IndexURL = auth.NewSecret(value)
	}
	for _, sealed := range v.ExtraIndexURLs {
		value, err := s.sealer.Open(sealed, at(key, "index"))
		if err != nil {
			return spec, err
		}
		spec.ExtraIndexURLs = append(spec.ExtraIndexURLs, auth.NewSecret(value))
	}
	return spec, nil
}

// UnknownSecrets is the error of secrets whose values this machine never saw.
func UnknownSecrets(function string, names []string) error {
	return &client.Error{
		Code: client.CodeInvalid, Message: fmt.Sprintf("this machine does not know the value of secret %s of %s", strings.Join(names, ", "), function),
		Hint: "give each secret's value, or leave out those to be dropped: Cognite does not hand them out",
	}
}
