package kept

import (
	"fndeck/auth"
	"fndeck/client"
)

// SealClient seals the secret of a client that a schedule of a lineage runs as.
func (s *Store) SealClient(key, clientID string, secret client.Secret) ([]byte, error) {
	return s.sealer.Seal(secret.Reveal(), at(key, "client/"+clientID))
}

// ClientSecret is the secret of a client that some schedule was created with from here;
// false where none is kept, or it cannot be opened.
func (s *Store) ClientSecret(clientID string) (client.Secret, bool) {
	all, err := s.Lineages()
	if err != nil || clientID == "" {
		return client.Secret{}, false
	}
	for _, l := range all {
		for _, schedule := range l.Schedules {
			if schedule.ClientID != clientID || schedule.Secret == nil {
				continue
			}
			if value, err := s.sealer.Open(schedule.Secret, at(l.Key, "client/"+clientID)); err == nil {
				return auth.NewSecret(value), true
			}
		}
	}
	return client.Secret{}, false
}
