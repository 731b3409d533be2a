using Orders.Tools.Running;

namespace Orders.Tools.Up;

/// <summary>Asks processes to stop, users before what they use, and ends those that do not.</summary>
internal static class Stopping
{
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(25);

    public static async Task StopAsync(BusContext bus, string name, ProcessIdentity process, CancellationToken cancellationToken)
    {
        // SIGINT is Postgres' fast shutdown; its SIGTERM would wait for clients to leave.
        Signals.Send(process, name == ProcessName.Postgres ? Signals.Interrupt : Signals.Terminate);
        Signals.Send(process, Signals.Continue);
        if (await IsGoneAsync(bus, process, Patience, cancellationToken))
        {
            return;
        }

        bus.Terminal.Say($"{name} (process {process.Id}) did not stop within {Patience.TotalSeconds:0} s; it is killed.");
        Signals.Send(process, Signals.Kill);
        if (!await IsGoneAsync(bus, process, Patience, cancellationToken))
        {
            throw BusException.Failed($"{name} (process {process.Id}) is still there {Patience.TotalSeconds:0} s after SIGKILL.");
        }
    }

    public static async Task<bool> IsGoneAsync(
        BusContext bus, ProcessIdentity process, TimeSpan patience, CancellationToken cancellationToken)
    {
        var start = bus.Time.GetTimestamp();
        while (process.IsAlive())
        {
            if (bus.Time.GetElapsedTime(start) > patience)
            {
                return false;
            }

            await Task.Delay(Poll, bus.Time, cancellationToken);
        }

        return true;
    }
}
