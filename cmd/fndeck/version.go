package main

import (
	"fmt"
	"runtime"

	"fndeck/cmd/output"
	"github.com/spf13/cobra"
)

// versionObject is what version prints for machines.
type versionObject struct {
	Version  string `json:"version"`
	Go       string `json:"go"`
	Platform string `json:"platform"`
}

func thisVersion() versionObject {
	return versionObject{version, runtime.Version(), runtime.GOOS + "/" + runtime.GOARCH}
}

// versionLine is what version and --version print for people.
func versionLine() string {
	v := thisVersion()
	return fmt.Sprintf("fndeck %s (%s, %s)\n", v.Version, v.Go, v.Platform)
}

func (a *app) versionCommand() *cobra.Command {
	return &cobra.Command{
		Use:     "version",
		Short:   "Print the version",
		Example: "  fndeck version\n  fndeck version -o json",
		Args:    between(0, 0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			format, err := a.format(cmd.CommandPath())
			if err != nil {
				return err
			}
			v := thisVersion()
			if format == output.Table || format == output.Wide {
				return a.write([]byte(versionLine()))
			}
			return a.print(sheet{One: true, Rows: []row{{Name: v.Version, Value: v}}}, format)
		},
	}
}
