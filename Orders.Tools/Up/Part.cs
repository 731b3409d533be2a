using System.Diagnostics;
using Orders.Tools.Running;

namespace Orders.Tools.Up;

/// <summary>A process of the system: how it is started, how to tell that it answers, how it is asked to stop.</summary>
internal abstract class Part(string name, Supervision supervision)
{
    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan OneAttempt = TimeSpan.FromSeconds(3);

    private Process? _child;

    public string Name { get; } = name;

    protected Supervision Supervision { get; } = supervision;

    protected string Log => Supervision.Workspace.LogOf(Name);

    protected abstract TimeSpan Patience { get; }

    /// <summary>The port whose answers prove nothing about who gave them, so that its listener is looked up; null where they do.</summary>
    protected virtual int? AnonymousPort => null;

    /// <summary>Takes over the process of an earlier supervisor if it still runs as this one would start it; else starts one.</summary>
    /// <returns>Whether a process was started.</returns>
    public async Task<bool> EnsureAsync(CancellationToken cancellationToken)
    {
        await PrepareAsync(cancellationToken);
        var launch = Describe();
        if (Supervision.State.Alive(Name) is { } running)
        {
            if (Supervision.State.Processes[Name].Settings == launch.Settings)
            {
                await WaitUntilItAnswersAsync(running, cancellationToken);
                return false;
            }

            await Stopping.StopAsync(Supervision.Bus, Name, running, cancellationToken);
        }

        _child?.Dispose();
        var started = launch.Start(out _child);
        Supervision.Update(state => state.With(Name, started));
        await WaitUntilItAnswersAsync(started.Identity, cancellationToken);
        return true;
    }

    /// <summary>How the process ended, null where it has not, whatever <c>/proc</c> says.</summary>
    public string? HowItEnded() => ProcessEnds.Describe(_child);

    /// <summary>What must be there before the process can start.</summary>
    protected virtual Task PrepareAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    protected abstract Launch Describe();

    /// <summary>Whether it answers now. An exception counts as no; its message is kept for the person who waits.</summary>
    protected abstract Task<bool> AnswersAsync(CancellationToken cancellationToken);

    private async Task WaitUntilItAnswersAsync(ProcessIdentity process, CancellationToken cancellationToken)
    {
        var start = Supervision.Bus.Time.GetTimestamp();
        var last = "no answer";
        while (true)
        {
            try
            {
                using var attempt = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
                attempt.CancelAfter(OneAttempt);
                if (await AnswersAsync(attempt.Token))
                {
                    if (AnonymousPort is not { } port || process.ListensOn(port))
                    {
                        return;
                    }

                    last = $"another program answers on port {port}";
                }
            }
            catch (Exception failure) when (failure is not OperationCanceledException || !cancellationToken.IsCancellationRequested)
            {
                last = failure.Message;
            }

            if (!process.IsAlive())
            {
                throw BusException.Unreachable($"{Name} ended while it started.{Launch.Tail(Log)}");
            }

            if (Supervision.Bus.Time.GetElapsedTime(start) > Patience)
            {
                throw BusException.Unreachable($"{Name} does not answer after {Patience.TotalSeconds:0} s ({last}).{Launch.Tail(Log)}");
            }

            await Task.Delay(Poll, Supervision.Bus.Time, cancellationToken);
        }
    }
}
