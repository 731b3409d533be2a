using Orders.Tools.Printing;
using Orders.Tools.Running;

namespace Orders.Tools.Up;

/// <summary>
/// <c>bus up</c> without <c>--detach</c>: the supervisor inside this process, the hosts' logs on the terminal, until Ctrl-C.
/// </summary>
internal static class Foreground
{
    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(200);

    public static async Task<int> RunAsync(
        BusContext bus, Workspace workspace, bool json, DirectoryLock alone, CancellationToken cancellationToken)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        await using var log = new StreamWriter(workspace.SupervisorLog, append: true) { AutoFlush = true };
        using var supervisor = new Supervisor(new(
            bus with { Terminal = new Terminal(TextWriter.Null, log, interactive: false) }, workspace, StateFile.Read(workspace)!));
        var logs = new[] { ProcessName.Service, ProcessName.Gateway }.Select(name =>
            FollowLogAsync(bus, workspace, name, stop.Token)).ToList();
        var supervising = supervisor.RunAsync(stop.Token);
        try
        {
            var exitCode = await new Arrival(bus, workspace, json).FollowAsync(ProcessIdentity.Current, alreadyRan: false, stop.Token);

            // From here on bus down may stop this system.
            alone.Dispose();
            bus.Terminal.Say("Ctrl-C stops everything; the data stays.");
            return await supervising is var ended && ended != ExitCode.Fine ? ended : exitCode;
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            return ExitCode.Interrupted;
        }
        finally
        {
            await stop.CancelAsync();
            bus.Terminal.Say("Stopping.");
            await supervising;
            await Task.WhenAll(logs);
            bus.Terminal.Say("Everything is stopped; the data stays.");
        }
    }

    private static async Task FollowLogAsync(BusContext bus, Workspace workspace, string name, CancellationToken cancellationToken)
    {
        var log = workspace.LogOf(name);
        var position = File.Exists(log) ? new FileInfo(log).Length : 0;
        try
        {
            while (true)
            {
                await Task.Delay(Poll, bus.Time, cancellationToken);
                if (!File.Exists(log))
                {
                    continue;
                }

                await using var stream = new FileStream(log, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
                if (stream.Length < position)
                {
                    // The log was started afresh.
                    position = 0;
                }

                stream.Position = position;
                using var reader = new StreamReader(stream);
                var text = await reader.ReadToEndAsync(cancellationToken);
                var whole = text.LastIndexOf('\n') + 1;
                position += System.Text.Encoding.UTF8.GetByteCount(text.AsSpan(0, whole));
                foreach (var line in text[..whole].Split('\n', StringSplitOptions.RemoveEmptyEntries))
                {
                    bus.Terminal.Say($"{name,-8}| {TerminalText.Line(line)}");
                }
            }
        }
        catch (OperationCanceledException)
        {
            // The system stops, and with it the reading.
        }
    }
}
