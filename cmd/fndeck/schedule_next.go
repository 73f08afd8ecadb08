package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"fndeck/client"
	"fndeck/client/cron"
	"fndeck/cmd/output"
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

func (a *app) scheduleRunsCommand() *cobra.Command {
	var count int
	cmd := &cobra.Command{
		Use:   "runs SCHEDULE",
		Short: "Show what became of a schedule's runs",
		Long: "runs lists the newest runs first: those that became a call, and those that were\nmissed, skipped, caught up or that wait, each with the reason. A row of several\n" +
			"missed runs names the first and the last.",
		Example:           "  fndeck schedule runs often\n  fndeck schedule runs often -n 100 -o json",
		Args:              between(1, 1),
		ValidArgsFunction: a.completeSchedules,
	}
	cmd.Flags().IntVarP(&count, "count", "n", 20, "how many runs")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		ctx := cmd.Context()
		if count < 1 || count > pageLimit {
			return usagef(cmd.CommandPath(), "-n %d: allowed is 1 to %d", count, pageLimit)
		}
		format, err := a.format(cmd.CommandPath())
		if err != nil {
			return err
		}
		return a.with(ctx, func(backend client.Backend) error {
			s, err := findSchedule(ctx, backend, args[0])
			if err != nil {
				return err
			}
			lister, err := client.As[client.RunLister](backend, client.CanListRuns)
			if err != nil {
				return err
			}
			runs, err := lister.ScheduleRuns(ctx, s.ID, count)
			if err != nil {
				return fmt.Errorf("runs of schedule %s: %w", s.Name, err)
			}
			if len(runs) == 0 {
				a.note("schedule %s has not run yet", ui.Clean(s.Name))
			}
			return a.print(runsSheet(runs, a.clock()), format)
		})
	}
	return cmd
}

func runsSheet(runs []client.ScheduleRun, at output.Clock) sheet {
	s := sheet{Header: []string{"DUE", "STATUS", "CALL", "COUNT", "REASON"}, Wide: []string{"LAST"}}
	for _, run := range runs {
		count, last := "", ""
		if run.Count > 1 {
			count, last = output.Count(run.Count), at.Time(run.Last)
		}
		s.Rows = append(s.Rows, row{
			Key: run.Due.Format(time.RFC3339Nano) + run.Status, Name: run.CallID, Value: run,
			Cells: []string{at.Time(run.Due), run.Status, run.CallID, count, run.Reason, last},
		})
	}
	return s
}
