package cognite

type functionWrite struct {
	Name           string            `json:"name"`
	FileID         int64             `json:"fileId"`
	ExternalID     string            `json:"externalId"`
	Description    string            `json:"description"`
	Owner          string            `json:"owner"`
	FunctionPath   string            `json:"functionPath"`
	Secrets        map[string]string `json:"secrets"`
	EnvVars        map[string]string `json:"envVars"`
	CPU            float64           `json:"cpu"`
	Memory         float64           `json:"memory"`
	Runtime        string            `json:"runtime"`
	Metadata       map[string]string `json:"metadata"`
	IndexURL       string            `json:"indexUrl"`
	ExtraIndexURLs []string          `json:"extraIndexUrls"`
}

// maxCron is how long a cron expression may be, in characters (API reference
// 20230101, schedules).
const maxCron = 1024
