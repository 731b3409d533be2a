using System.Globalization;
using System.Net;
using System.Text.Json;
using Orders.Tools.DeadLetters;
using Orders.Tools.Publish;

namespace Orders.Tools.Reprocess;

/// <summary>Shows a job's progress to its end and prints what it came to. The job is the service's: an interruption only ends the watching.</summary>
internal sealed class ReprocessWatch(BusContext bus, OperationsPort port, string path)
{
    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(200);

    /// <summary>How long a service that does not answer is waited for: a restart takes less.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private static readonly string[] Outcomes = ["stored", "duplicate", "superseded", "removed", "ignored", "dead", "parked", "absent"];

    public async Task<int> RunAsync(JsonElement job, bool json, CancellationToken cancellationToken)
    {
        var id = job.GetProperty("id").GetInt64();
        var progress = new ProgressLine(bus.Terminal, job.GetProperty("total").GetInt64(), bus.Time);
        try
        {
            job = await FollowAsync(job, id, progress, cancellationToken);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            progress.Clear();
            bus.Terminal.Say($"bus: interrupted; job {id} goes on in the service. Look: bus reprocess --job {id}. End it: bus reprocess --job {id} --cancel");
            return ExitCode.Interrupted;
        }

        progress.Clear();
        Print(job, json);
        return Conclude(job, id);
    }

    private async Task<JsonElement> FollowAsync(JsonElement job, long id, ProgressLine progress, CancellationToken cancellationToken)
    {
        var answeredAt = bus.Time.GetTimestamp();
        var (isAway, trouble) = (false, "");
        while (Answer.Text(job, "state") == "running")
        {
            progress.Show(job.GetProperty("done").GetInt64());
            if (Answer.Text(job, "problem") is var problem && problem != trouble)
            {
                trouble = problem;
                SayIfAny(progress, trouble.Length == 0 ? "It goes on." : $"Job {id} waits and goes on by itself: {trouble}");
            }

            await Task.Delay(Poll, bus.Time, cancellationToken);
            try
            {
                (var status, var answer) = await port.GetAsync($"{path}/{id}", cancellationToken);
                if (status == HttpStatusCode.OK)
                {
                    (job, answeredAt, isAway) = (answer, bus.Time.GetTimestamp(), false);
                    continue;
                }
            }
            catch (BusException away) when (away.ExitCode == ExitCode.Unreachable)
            {
                // Said below: most likely it is restarted.
            }

            if (bus.Time.GetElapsedTime(answeredAt) > Patience)
            {
                throw BusException.Unreachable(
                    $"The service has not answered for {Patience.TotalSeconds:0} s; job {id} goes on when it runs again. Look then: bus reprocess --job {id}");
            }

            SayIfAny(progress, isAway ? "" : $"The service does not answer; job {id} goes on where it stopped when it runs again. Waiting for it.");
            isAway = true;
        }

        return job;
    }

    private void SayIfAny(ProgressLine progress, string text)
    {
        if (text.Length > 0)
        {
            progress.Clear();
            bus.Terminal.Say(text);
        }
    }

    private void Print(JsonElement job, bool json)
    {
        if (json)
        {
            bus.Terminal.JsonOfOthers(job);
            return;
        }

        foreach (var outcome in Outcomes)
        {
            bus.Terminal.Data(string.Create(CultureInfo.InvariantCulture, $"{outcome,-12}{CountOf(job, outcome),12:N0}"));
        }
    }

    private int Conclude(JsonElement job, long id)
    {
        if (CountOf(job, "dead") > 0)
        {
            bus.Terminal.Say("Dead: those that cannot be stored now, and those that were dead letters before, which only a replay stores. Look: bus dlq list");
        }

        if (CountOf(job, "parked") > 0)
        {
            bus.Terminal.Say("Parked: their orders have an unfinished failure and are left to its queue. Look: bus dlq list --state redelivering");
        }

        var state = Answer.Text(job, "state");
        var (done, total) = (job.GetProperty("done").GetInt64(), job.GetProperty("total").GetInt64());
        var problem = Answer.Text(job, "problem");
        bus.Terminal.Say(string.Create(
            CultureInfo.InvariantCulture, $"Job {id} is {state}: {done:N0} of {total:N0} offsets.{(problem.Length == 0 ? "" : " " + problem)}"));
        if (state == "done")
        {
            return ExitCode.Fine;
        }

        var force = job.GetProperty("forced").GetBoolean() ? " --force" : "";
        foreach (var left in Answer.Items(job, "partitions").Where(range => range.GetProperty("position").GetInt64() < range.GetProperty("next").GetInt64()))
        {
            var (partition, position, next) = (Answer.Text(left, "partition"), Answer.Text(left, "position"), Answer.Text(left, "next"));
            bus.Terminal.Say($"Not done; to go on: bus reprocess --partition {partition} --from {position} --to {next}{force}");
        }

        return ExitCode.Failed;
    }

    private static long CountOf(JsonElement job, string outcome) => job.GetProperty("counts").GetProperty(outcome).GetInt64();
}
