using System.Runtime.InteropServices;

namespace Orders.Tools.Running;

/// <summary>Sends signals to remembered processes, never to a bare id.</summary>
internal static partial class Signals
{
    public const int Interrupt = 2;
    public const int Kill = 9;
    public const int Terminate = 15;
    public const int Continue = 18;

    /// <summary>Sends <paramref name="signal"/> if that very process still runs.</summary>
    public static void Send(ProcessIdentity process, int signal)
    {
        if (process.IsAlive() && SendById(process.Id, signal) != 0 && process.IsAlive())
        {
            throw BusException.Failed(
                $"Signal {signal} to process {process.Id} was refused: {Marshal.GetPInvokeErrorMessage(Marshal.GetLastPInvokeError())}. "
                + "Run bus as the user who started the system.");
        }
    }

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    private static partial int SendById(int id, int signal);
}
