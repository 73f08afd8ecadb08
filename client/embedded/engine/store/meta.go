package store

// The keys of what is kept once for the whole state.
const (
	// epochKey names this history of events.
	epochKey = "epoch"
	// reservedKey is up to which ids may have been given out.
	reservedKey = "reserved_id"
)

func metaSum(key, value string) int64 { return digestOf("meta").text(key, value).sum() }

// meta reads a value on the writer's connection.
func (s *Store) meta(key string) (value string, err error) {
	st, err := s.statement(`SELECT value, sum FROM meta WHERE key = ?`)
	if err != nil {
		return "", err
	}
	var sum int64
	if err := st.QueryRow(key).Scan(text(&value), number(&sum)); err != nil {
		return "", damaged(err, "meta", 0)
	}
	if sum != metaSum(key, value) {
		return "", &DamagedError{Table: "meta"}
	}
	return value, nil
}

func (s *Store) setMeta(key, value string) error {
	_, err := s.exec(`INSERT INTO meta VALUES (?1, ?2, ?3) ON CONFLICT (key) DO UPDATE SET value = ?2, sum = ?3`, key, value, metaSum(key, value))
	return err
}
