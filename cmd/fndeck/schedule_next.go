package main

import (
	"context"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"fndeck/client"
	"fndeck/client/cron"
	"fndeck/ui"
)

// maxRuns bounds how many runs are computed.
const maxRuns = 10_000

// nextObject is one run as machines read it.
type nextObject struct {
	UTC   string `json:"utc"`
	Local string `json:"local"`
}

func (a *app) scheduleNextCommand() *cobra.Command {
	var count int
	var tz string
	cmd := &cobra.Command{
		Use:   "next EXPRESSION|SCHEDULE",
		Short: "Show the next runs of a cron expression or a schedule",
		Example: `  fndeck schedule next '0 6 * * 1-5'
  fndeck schedule next often -n 20 --tz Europe/Oslo`,
		Args:              between(1, 1),
		ValidArgsFunction: a.completeSchedules,
	}
	cmd.Flags().IntVarP(&count, "count", "n", 10, "how many runs")
	cmd.Flags().StringVar(&tz, "tz", "", "zone to show them in beside UTC (default: the configured one)")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if count < 1 || count > maxRuns {
			return usagef(cmd.CommandPath(), "-n %d: allowed is 1 to %d", count, maxRuns)
		}
		format, err := a.format(cmd.CommandPath())
		if err != nil {
			return err
		}
		zone, err := a.displayZone(cmd.CommandPath(), tz)
		if err != nil {
			return err
		}
		expr, err := a.expression(cmd.Context(), args[0])
		if err != nil {
			return err
		}
		a.note("%s: %s", expr, ui.Clean(expr.Words()))
		now := a.now()
		for _, text := range append(expr.Warnings(), cron.ZoneNotes(expr, zone, now)...) {
			a.note("%s", ui.Clean(text))
		}
		return a.print(nextSheet(expr.Upcoming(now, count), zone), format)
	}
	return cmd
}

// expression reads an argument that is a cron expression, which has blanks, or
// else names a schedule.
func (a *app) expression(ctx context.Context, text string) (expr cron.Expr, err error) {
	if strings.ContainsAny(text, " \t") {
		return cron.Parse(text)
	}
	err = a.with(ctx, func(backend client.Backend) error {
		s, err := findSchedule(ctx, backend, text)
		if err != nil {
			return err
		}
		expr, err = cron.Parse(s.Cron)
		return err
	})
	return expr, err
}

func nextSheet(runs []time.Time, zone *time.Location) sheet {
	s := sheet{Header: []string{"UTC", strings.ToUpper(zone.String())}, Wide: []string{"DAY"}}
	for _, run := range runs {
		utc, local := run.UTC().Format(time.RFC3339), run.In(zone).Format(time.RFC3339)
		s.Rows = append(s.Rows, row{
			Key: utc, Name: utc,
			Cells: []string{utc, local, run.In(zone).Format("Mon")},
			Value: nextObject{utc, local},
		})
	}
	return s
}
