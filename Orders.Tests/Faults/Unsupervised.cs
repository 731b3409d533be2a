using Orders.Tests.Servers;

namespace Orders.Tests.Faults;

/// <summary>The supervisor is frozen: what ends stays ended until this is disposed of.</summary>
internal sealed class Unsupervised : IAsyncDisposable
{
    private readonly int _supervisor;
    private bool _isOver;

    private Unsupervised(int supervisor) => _supervisor = supervisor;

    public static async Task<Unsupervised> StartAsync(int supervisor)
    {
        await Signal.SendAsync(supervisor, "STOP");
        return new(supervisor);
    }

    public async ValueTask DisposeAsync()
    {
        if (!_isOver)
        {
            _isOver = true;
            await Signal.SendAsync(_supervisor, "CONT");
        }
    }
}
